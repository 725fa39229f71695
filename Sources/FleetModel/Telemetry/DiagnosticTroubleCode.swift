/// An active J1939 code: which parameter, how it fails, how often, and which control unit says so.
package struct DiagnosticTroubleCode: Hashable, Sendable, Codable {
    package var key: Key
    /// How often it has become active, 0 to 126; `nil` when the control unit does not count.
    package var occurrenceCount: UInt8?

    package init(spn: SPN, fmi: FMI, sourceAddress: SourceAddress, occurrenceCount: UInt8? = nil) {
        key = Key(spn: spn, fmi: fmi, sourceAddress: sourceAddress)
        self.occurrenceCount = occurrenceCount
    }

    /// What makes it the same code: the same SPN may come from several control units.
    package struct Key: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
        package var spn: SPN
        package var fmi: FMI
        package var sourceAddress: SourceAddress

        package init(spn: SPN, fmi: FMI, sourceAddress: SourceAddress) {
            self.spn = spn
            self.fmi = fmi
            self.sourceAddress = sourceAddress
        }

        /// `SPN 110 FMI 0 SA 0`.
        package var description: String { "SPN \(spn.number) FMI \(fmi.number) SA \(sourceAddress.number)" }
        package static func < (a: Key, b: Key) -> Bool {
            (a.spn.number, a.fmi.number, a.sourceAddress.number) < (b.spn.number, b.fmi.number, b.sourceAddress.number)
        }
    }
}

/// A suspect parameter number: 19 bits.
package struct SPN: Hashable, Sendable, Codable {
    package let number: UInt32
    /// `nil` beyond 19 bits.
    package init?(_ number: UInt32) {
        guard number <= 0x7_FFFF else { return nil }
        self.number = number
    }
}

/// A failure mode identifier: 5 bits. 31 is "condition exists", not "not available".
package struct FMI: Hashable, Sendable, Codable {
    package let number: UInt8
    /// `nil` beyond 5 bits.
    package init?(_ number: UInt8) {
        guard number <= 31 else { return nil }
        self.number = number
    }

    /// What SAE J1939-73 says it means, in our words.
    package var meaning: String {
        switch number {
        case 0: "above normal, most severe"
        case 1: "below normal, most severe"
        case 2: "erratic, intermittent or incorrect"
        case 3: "voltage above normal or shorted high"
        case 4: "voltage below normal or shorted low"
        case 5: "current below normal or open circuit"
        case 6: "current above normal or grounded"
        case 7: "mechanical system not responding"
        case 8: "abnormal frequency, pulse width or period"
        case 9: "abnormal update rate"
        case 10: "abnormal rate of change"
        case 11: "root cause not known"
        case 12: "bad intelligent device or component"
        case 13: "out of calibration"
        case 14: "special instructions"
        case 15: "above normal, least severe"
        case 16: "above normal, moderately severe"
        case 17: "below normal, least severe"
        case 18: "below normal, moderately severe"
        case 19: "received network data in error"
        case 20: "data drifted high"
        case 21: "data drifted low"
        case 31: "condition exists"
        default: "reserved by SAE"
        }
    }

    /// How bad it is when nothing else is known of the code.
    package var severity: Severity {
        switch number {
        case 0, 1: .critical
        case 16, 18: .major
        case 15, 17, 31: .minor
        default: .minor
        }
    }
}

/// The control unit that speaks: J1939 source address.
package struct SourceAddress: Hashable, Sendable, Codable {
    package let number: UInt8
    package init(_ number: UInt8) { self.number = number }
}
