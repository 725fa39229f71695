import FleetModel

/// One line of the truth file: what happened to the simulated fleet, as nobody on the outside could know it.
package enum TruthRecord: Sendable, Hashable {
    case failure(FailureEpisode)
    case service(MachineKey, code: String, at: Timestamp)
    case happening(Happening)
    case hostile(HostileMessage)

    /// One JSON object without a line end, its keys always in the same order.
    package var json: String {
        switch self {
        case .failure(let episode):
            let mode = episode.mode
            let code = mode.codes.first?.key
            let signals = mode.signals.map { "\"\($0)\"" }.joined(separator: ",")
            let repairer = episode.repairedBy.map { "\"\($0.rawValue)\"" } ?? "null"
            func number(_ value: (some BinaryInteger)?) -> String { value.map { "\($0)" } ?? "null" }
            return """
                {"kind":"failure","equipment":"\(episode.machine)","failure_mode":"\(mode.id)",\
                "subsystem":"\(episode.subsystem)","course":"\(mode.course.rawValue)","ends":"\(mode.end.rawValue)",\
                "onset":\(text(episode.onset)),"first_fault_code_at":\(text(episode.firstFaultCodeAt)),\
                "failed_at":\(text(episode.failedAt)),"repaired_at":\(text(episode.repairedAt)),\
                "repaired_by":\(repairer),"spn":\(number(code?.spn.number)),"fmi":\(number(code?.fmi.number)),\
                "sa":\(number(code?.sourceAddress.number)),"signals":[\(signals)]}
                """
        case .service(let machine, let code, let at):
            return """
                {"kind":"service","equipment":"\(machine)","service":"\(code)","performed_at":\(text(at))}
                """
        case .happening(let happening):
            let facts = happening.facts.map { fact in
                switch fact.value {
                case .text(let text): ",\"\(fact.name)\":\"\(text)\""
                case .number(let number): ",\"\(fact.name)\":\(number)"
                }
            }
            return """
                {"kind":"\(happening.kind.rawValue)","equipment":"\(happening.machine)",\
                "began":\(text(happening.began)),"ended":\(text(happening.ended))\(facts.joined())}
                """
        case .hostile(let message):
            return """
                {"kind":"hostile","equipment":"\(message.machine)","attack":"\(message.attack.rawValue)",\
                "at":\(text(message.at)),"expected":"\(message.expected.word)"}
                """
        }
    }

    private func text(_ time: Timestamp?) -> String { time.map { "\"\($0.iso8601)\"" } ?? "null" }

    /// When it began; the truth file is in this order.
    var at: Timestamp {
        switch self {
        case .failure(let episode): episode.onset
        case .service(_, _, let at): at
        case .happening(let happening): happening.began
        case .hostile(let message): message.at
        }
    }
}
