import FleetModel

extension TelemetryDecoder {
    /// The active codes; an empty list when none is.
    func faults(at list: Int, of message: Message) throws(Rejection) -> [DiagnosticTroubleCode] {
        try TelemetryDecoder.faults(at: list, in: message.tape)
    }

    static func faults(at list: Int, in tape: JSONTape) throws(Rejection) -> [DiagnosticTroubleCode] {
        try tape.array(at: list, "faults")
        var codes: [DiagnosticTroubleCode] = []
        codes.reserveCapacity(tape.count(of: list))
        var place = list + 1
        while place < tape.end(of: list) {
            do throws(Rejection) {
                try tape.object(at: place, "the code")
                codes.append(try fault(at: place, in: tape))
            } catch {
                throw error.inside("faults[\(codes.count)]: ")
            }
            place = tape.next(after: place)
        }
        // J1939-73: a message that must name a code and has none names this one.
        if codes.count == 1, codes[0].key.spn.number == 0, codes[0].key.fmi.number == 0,
            codes[0].occurrenceCount == 0
        {
            return []
        }
        try checkKeys(of: codes)
        return codes
    }

    private static func fault(at place: Int, in tape: JSONTape) throws(Rejection) -> DiagnosticTroubleCode {
        let members = try Members<FaultKey>(of: place, in: tape)
        let spn = try tape.whole(at: try members.required(.spn, "spn"), "spn", max: 0x7_FFFF)
        let fmi = try tape.whole(at: try members.required(.fmi, "fmi"), "fmi", max: 31)
        let count: UInt64? = if let place = members[.oc] { try tape.whole(at: place, "oc", max: 127) } else { nil }
        let address: UInt64 = if let place = members[.sa] { try tape.whole(at: place, "sa", max: 255) } else { 0 }
        guard let spn = SPN(UInt32(spn)), let fmi = FMI(UInt8(fmi)) else {
            preconditionFailure("the limits above are those of SPN and FMI")
        }
        return DiagnosticTroubleCode(
            spn: spn, fmi: fmi, sourceAddress: SourceAddress(UInt8(address)),
            // 127 is J1939's "not available".
            occurrenceCount: count == 127 ? nil : count.map { UInt8($0) })
    }

    private static func checkKeys(of codes: [DiagnosticTroubleCode]) throws(Rejection) {
        guard codes.count > 1 else { return }
        var seen = Set<DiagnosticTroubleCode.Key>(minimumCapacity: codes.count)
        for (index, code) in codes.enumerated() where !seen.insert(code.key).inserted {
            throw Rejection(.duplicateKey, "faults[\(index)]: \(code.key) is given twice; send each code once")
        }
    }
}

enum FaultKey: Int, MemberKey {
    case spn, fmi, oc, sa

    init?(spelled text: UnsafeBufferPointer<UInt8>) {
        if text.spell("spn") {
            self = .spn
        } else if text.spell("fmi") {
            self = .fmi
        } else if text.spell("oc") {
            self = .oc
        } else if text.spell("sa") {
            self = .sa
        } else {
            return nil
        }
    }
}
