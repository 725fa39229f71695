import Support
import Testing

@testable import SeriesCodec

/// Columns as machines send them, and as no machine should.
enum Shape: String, CaseIterable, CustomTestStringConvertible {
    case constant, counter, steps, decimals, noise, walk, rareOutliers, realDoubles, singlePrecision, largeIntegers
    case extremes, anyBits, zerosOfBothSigns, mixedPlaces

    var testDescription: String { rawValue }

    static let specials: [Double] = [
        0, -0.0, .nan, -.nan, .signalingNaN, Double(bitPattern: 0x7FF0_0000_0000_1234), .infinity, -.infinity,
        .greatestFiniteMagnitude, .leastNonzeroMagnitude, -.leastNonzeroMagnitude, 0x1p53, 0x1p53 + 2, -0x1p53 - 2,
        0x1p51, 0x1p51 - 1, -0x1p51, 0x1p63, -0x1p63, 0.1, 0.30000000000000004, 1e300, 1e-12, -273.15,
    ]

    func values(_ count: Int, _ generator: inout SeededGenerator) -> [Double] {
        var number = Double(generator.next(1_000))
        let start = number
        return (0..<count).map { row in
            switch self {
            case .constant: return start
            case .counter:
                number += 3
                return number
            case .steps:
                if generator.next(100) == 0 { number = Double(generator.next(6)) }
                return number
            case .decimals:
                number += Double(generator.next(11) - 5)
                return number / 10
            case .noise: return Double(generator.next(5_000))
            case .walk:
                number += Double(generator.next(1_001) - 500)
                return number / 100_000
            case .rareOutliers: return generator.next(50) == 0 ? 65_535 : 20 + Double(generator.next(5))
            case .realDoubles: return 80 + Double(generator.next() >> 11) * 0x1p-53
            case .singlePrecision: return Double(Float(20 + Double(generator.next(1_000)) / 37))
            case .largeIntegers: return 0x1p53 + Double(generator.next(1_000) * 2)
            case .extremes: return Shape.specials[generator.next(Shape.specials.count)]
            case .anyBits: return Double(bitPattern: generator.next())
            case .zerosOfBothSigns: return generator.next(30) == 0 ? -0.0 : Double(row % 3)
            case .mixedPlaces: return Double(generator.next(1_000)) / [1, 10, 1_000][generator.next(3)]
            }
        }
    }
}

/// Which rows lack a value.
enum Gaps: String, CaseIterable, CustomTestStringConvertible {
    case none, rare, half, most, long, allButOne, all

    var testDescription: String { rawValue }

    func presence(_ count: Int, _ generator: inout SeededGenerator) -> Presence {
        let start = generator.next(max(1, count))
        let length = generator.next(max(1, count))
        return Presence(
            (0..<count).map { row in
                switch self {
                case .none: true
                case .rare: generator.next(77) != 0
                case .half: generator.next(2) == 0
                case .most: generator.next(40) == 0
                case .long: !(start..<start + length).contains(row)
                case .allButOne: row == start
                case .all: false
                }
            })
    }
}

func encoded(_ values: [Double], _ presence: Presence) -> (bytes: [UInt8], statistics: ColumnStatistics) {
    values.withUnsafeBufferPointer { ColumnEncoder(using: SegmentWorkspace()).encode($0, presence: presence) }
}

/// The bits of the values of `rows`, `nil` where a row has none.
func decoded(_ bytes: [UInt8], _ rows: Range<Int>? = nil) throws -> [UInt64?] {
    try bytes.withUnsafeBytes { buffer in
        let column = try ColumnDecoder(buffer, using: SegmentWorkspace())
        let rows = rows ?? 0..<column.rowCount
        var values = [Double](repeating: 12_345, count: rows.count)
        try values.withUnsafeMutableBufferPointer { try column.decode(rows, into: $0) }
        return zip(rows, values).map { column.presence[$0] ? $1.bitPattern : nil }
    }
}

/// What `decoded` must give back.
func bits(_ values: [Double], _ presence: Presence) -> [UInt64?] {
    values.indices.map { presence[$0] ? values[$0].bitPattern : nil }
}
