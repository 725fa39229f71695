/// Doubles that are whole numbers divided by a power of ten, which nearly everything is that a control unit sends.
struct DecimalScale: Equatable, Sendable {
    static let largestPlaces = 12
    private static let powersOfTen: [Double] = [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12]

    /// 1.5 × 2^52: added to a number below 2^51, the sum's last bit counts ones, so the sum is rounded and the whole
    /// number stands in its low bits. Conversion by instruction goes one number at a time; this goes in vectors.
    private static let shifter = 0x1.8p52
    private static let shifterBits = Int64(bitPattern: shifter.bitPattern)
    private static let limit = 0x1p51

    let places: Int
    private let power: Double

    init?(places: Int) {
        guard DecimalScale.powersOfTen.indices.contains(places) else { return nil }
        self.places = places
        power = DecimalScale.powersOfTen[places]
    }

    /// The scale at which all `values` but one in 16 are whole; `nil` when there is none.
    init?(fitting values: UnsafeBufferPointer<Double>) {
        var places = 0
        var misfits = 0
        let powers = DecimalScale.powersOfTen
        for index in 0..<values.count where !DecimalScale.isWhole(values[index], power: powers[places]) {
            if let more = powers[places...].firstIndex(where: { DecimalScale.isWhole(values[index], power: $0) }) {
                places = more
            } else {
                misfits += 1
                if misfits > values.count / 16 { return nil }
            }
        }
        self.init(places: places)
    }

    /// The sign is looked at apart, so −0 is whole. NaN fails the first comparison.
    @inline(__always) private static func isWhole(_ value: Double, power: Double) -> Bool {
        let magnitude = abs(value)
        let scaled = magnitude * power
        guard scaled < limit else { return false }
        return (scaled + shifter - shifter) / power == magnitude
    }

    /// Turns `values` into whole numbers: 0, 1, 2, … stand for themselves, and −1, −2, −3, … for −0, −1, −2, …, because
    /// a small negative value, rounded, is −0, and must come back as such.
    ///
    /// - Returns: The places of the values that do not fit. Their number is the one before, so that it costs nothing.
    func wholeNumbers(
        of values: UnsafeBufferPointer<Double>, into numbers: UnsafeMutablePointer<Int64>
    ) -> [Int] {
        var misfits: [Int] = []
        var previous: Int64 = 0
        for index in 0..<values.count {
            let value = values[index]
            if DecimalScale.isWhole(value, power: power) {
                let shifted = abs(value) * power + DecimalScale.shifter
                let sign = Int64(bitPattern: value.bitPattern) >> 63
                previous = (Int64(bitPattern: shifted.bitPattern) - DecimalScale.shifterBits) ^ sign
            } else {
                misfits.append(index)
            }
            numbers[index] = previous
        }
        return misfits
    }

    /// The sum of the values that these numbers stand for, which are those of a segment at most; `nil` when they may be
    /// too large for it to be exact.
    func sum(of numbers: UnsafeBufferPointer<Int64>) -> Double? {
        var widest: Int64 = 0
        var sum: Int64 = 0
        for index in 0..<numbers.count {
            let sign = numbers[index] >> 63
            widest |= numbers[index] ^ sign
            sum &+= numbers[index] &- sign
        }
        guard widest < 1 << 36 else { return nil }
        return Double(sum) / power
    }

    /// Turns whole numbers back into values. Damaged numbers give some value.
    func values(
        of numbers: UnsafePointer<Int64>, count: Int, into values: UnsafeMutablePointer<Double>
    ) {
        if places == 0 {
            for index in 0..<count { values[index] = DecimalScale.double(numbers[index], power: 1) }
        } else {
            for index in 0..<count { values[index] = DecimalScale.double(numbers[index], power: power) }
        }
    }

    /// One of them.
    @inline(__always) func value(of number: Int64) -> Double { DecimalScale.double(number, power: power) }

    @inline(__always) private static func double(_ number: Int64, power: Double) -> Double {
        let sign = number >> 63
        let shifted = Double(bitPattern: UInt64(bitPattern: (number ^ sign) &+ shifterBits))
        let magnitude = (shifted - shifter) / power
        return Double(bitPattern: magnitude.bitPattern | UInt64(bitPattern: sign) << 63)
    }
}
