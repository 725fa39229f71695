/// A date of the Gregorian calendar, without a clock or a zone.
package struct CivilDate: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let year: Int
    package let month: Int
    package let day: Int

    /// `nil` when there is no such day.
    package init?(year: Int, month: Int, day: Int) {
        guard (1...12).contains(month), day >= 1, day <= CivilDate.days(in: month, of: year) else { return nil }
        (self.year, self.month, self.day) = (year, month, day)
    }

    /// Days since 1970-01-01 to a date, by counting 400-year eras of 146,097 days that start in March.
    package init(daysSinceEpoch days: Int) {
        let shifted = days + 719_468
        let era = shifted.flooredDivision(by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
        month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    package var daysSinceEpoch: Int {
        let y = month <= 2 ? year - 1 : year
        let era = y.flooredDivision(by: 400)
        let yearOfEra = y - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    /// 0 is Monday.
    package var weekday: Int { (daysSinceEpoch + 3) - (daysSinceEpoch + 3).flooredDivision(by: 7) * 7 }

    package static func days(in month: Int, of year: Int) -> Int {
        switch month {
        case 2: (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    package static func < (a: CivilDate, b: CivilDate) -> Bool {
        (a.year, a.month, a.day) < (b.year, b.month, b.day)
    }

    package var description: String { "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))" }

    /// Midnight at the start of this date, UTC.
    package var startOfDay: Timestamp { Timestamp(seconds: Int64(daysSinceEpoch) * 86_400) }

    /// `YYYY-MM-DD`, nothing else.
    package init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        // Int takes a sign, a date does not.
        guard parts.count == 3, parts[0].utf8.count == 4, parts[1].utf8.count == 2, parts[2].utf8.count == 2,
            !text.utf8.contains(UInt8(ascii: "+")),
            let year = Int(parts[0]), let month = Int(parts[1]), let day = Int(parts[2])
        else { return nil }
        self.init(year: year, month: month, day: day)
    }
}

extension Timestamp {
    /// The date in UTC.
    package var date: CivilDate { CivilDate(daysSinceEpoch: Int(microseconds.flooredDivision(by: 86_400_000_000))) }

    /// Microseconds since midnight UTC.
    package var microsecondOfDay: Int64 {
        let rest = microseconds % 86_400_000_000
        return rest < 0 ? rest + 86_400_000_000 : rest
    }

    /// RFC 3339 in UTC, with as many decimals as it takes: `2026-03-01T08:00:00Z`.
    package var iso8601: String {
        let inDay = microsecondOfDay
        let (seconds, fraction) = (Int(inDay / 1_000_000), Int(inDay % 1_000_000))
        let clock = "\(padded(seconds / 3_600, 2)):\(padded(seconds / 60 % 60, 2)):\(padded(seconds % 60, 2))"
        guard fraction != 0 else { return "\(date)T\(clock)Z" }
        return fraction % 1_000 == 0
            ? "\(date)T\(clock).\(padded(fraction / 1_000, 3))Z" : "\(date)T\(clock).\(padded(fraction, 6))Z"
    }

    /// Reads RFC 3339: `2026-03-01T08:00:00Z`, with decimals, with an offset such as `+07:00`.
    ///
    /// `nil` for anything else, including a day or an hour that does not exist. Decimals beyond the sixth are cut off.
    package init?(iso8601 text: some StringProtocol) {
        self.init(iso8601: Array(text.utf8)[...])
    }

    /// Reads what a person says: RFC 3339, or a date, which is its midnight in UTC.
    package init?(moment text: String) {
        guard let time = Timestamp(iso8601: text) ?? CivilDate(text)?.startOfDay else { return nil }
        self = time
    }

    package init?(iso8601 bytes: ArraySlice<UInt8>) {
        guard let time = bytes.withUnsafeBufferPointer({ Timestamp(iso8601: $0) }) else { return nil }
        self = time
    }

    /// The same from a message's own bytes, without a copy: every frame brings such a time.
    package init?(iso8601 bytes: UnsafeBufferPointer<UInt8>) {
        var next = 0
        func digits(_ count: Int) -> Int? {
            guard bytes.count - next >= count else { return nil }
            var value = 0
            for index in next..<next + count {
                guard (0x30...0x39).contains(bytes[index]) else { return nil }
                value = value * 10 + Int(bytes[index] - 0x30)
            }
            next += count
            return value
        }
        func take(_ character: Unicode.Scalar, or other: Unicode.Scalar? = nil, or third: Unicode.Scalar? = nil) -> Bool
        {
            guard next < bytes.count else { return false }
            let byte = UInt32(bytes[next])
            guard byte == character.value || byte == other?.value || byte == third?.value else { return false }
            next += 1
            return true
        }
        guard let year = digits(4), take("-"), let month = digits(2), take("-"), let day = digits(2),
            let date = CivilDate(year: year, month: month, day: day), take("T", or: "t", or: " "),
            let hour = digits(2), hour < 24, take(":"), let minute = digits(2), minute < 60, take(":"),
            let second = digits(2), second < 60
        else { return nil }
        var fraction: Int64 = 0
        if take(".") {
            var scale: Int64 = 100_000
            var count = 0
            while let digit = digits(1) {
                fraction += Int64(digit) * scale
                scale /= 10
                count += 1
            }
            guard count > 0 else { return nil }
        }
        var offset = 0
        if !take("Z", or: "z") {
            let isEast = take("+")
            guard isEast || take("-") else { return nil }
            guard let hours = digits(2), hours < 24, take(":"), let minutes = digits(2), minutes < 60 else {
                return nil
            }
            offset = (hours * 60 + minutes) * (isEast ? 60 : -60)
        }
        guard next == bytes.count else { return nil }
        let seconds = Int64(date.daysSinceEpoch) * 86_400 + Int64(hour * 3_600 + minute * 60 + second - offset)
        let time = Timestamp(microseconds: seconds * 1_000_000 + fraction)
        // An offset can carry a time out of the years that can be written again.
        guard (Timestamp.earliestWritten...Timestamp.latestWritten).contains(time) else { return nil }
        self = time
    }

    /// The first and the last instant that RFC 3339, with its four digits for the year, can say.
    package static let earliestWritten = Timestamp(seconds: -62_167_219_200)
    package static let latestWritten = Timestamp(microseconds: 253_402_300_799_999_999)
}

/// A number with leading zeros: `padded(7, 2)` is `07`.
package func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
}
