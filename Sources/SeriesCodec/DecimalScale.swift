/// Doubles that are whole numbers divided by a power of ten, which nearly everything is that a control unit sends.
struct DecimalScale: Equatable {
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
        for index in 0..<values.count where !DecimalScale.isWhole(values[index], power: DecimalScale.powersOfTen[places]) {
            let more = DecimalScale.powersOfTen[places...].firstIndex { DecimalScale.isWhole(values[index], power: $0) }
            if let more {
                places = more
            } else {
                misfits += 1
                if misfits > values.count / 16 { return nil }
            }
        }
        self.init(places: places)
    }

    /// Compared bit by bit, because −0 equals 0 but is another value. NaN fails the first comparison.
    @inline(__always) private static func isWhole(_ value: Double, power: Double) -> Bool {
        let scaled = value * power
        guard abs(scaled) < limit else { return false }
        return ((scaled + shifter - shifter) / power).bitPattern == value.bitPattern
    }

    /// Turns `values` into whole numbers.
    ///
    /// - Returns: The places of the values that do not fit. Their number is the one before, so that it costs nothing.
    func wholeNumbers(
        of values: UnsafeBufferPointer<Double>, into numbers: UnsafeMutablePointer<Int64>
    ) -> [Int] {
        var misfits: [Int] = []
        var previous: Int64 = 0
        for index in 0..<values.count {
            if DecimalScale.isWhole(values[index], power: power) {
                let shifted = values[index] * power + DecimalScale.shifter
                previous = Int64(bitPattern: shifted.bitPattern) - DecimalScale.shifterBits
            } else {
                misfits.append(index)
            }
            numbers[index] = previous
        }
        return misfits
    }

    /// Turns whole numbers back into values. Damaged numbers give some value.
    func values(
        of numbers: UnsafePointer<Int64>, count: Int, into values: UnsafeMutablePointer<Double>
    ) {
        if places == 0 {
            for index in 0..<count { values[index] = DecimalScale.double(numbers[index]) }
        } else {
            for index in 0..<count { values[index] = DecimalScale.double(numbers[index]) / power }
        }
    }

    @inline(__always) private static func double(_ number: Int64) -> Double {
        Double(bitPattern: UInt64(bitPattern: number &+ shifterBits)) - shifter
    }
}
