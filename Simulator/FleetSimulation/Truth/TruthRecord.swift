import FleetModel

/// One line of the truth file: what happened to the simulated fleet, as nobody on the outside could know it.
package enum TruthRecord: Sendable, Hashable {
    case failure(FailureEpisode)
    case service(MachineKey, code: String, at: Timestamp)

    /// One JSON object without a line end, its keys always in the same order.
    package var json: String {
        switch self {
        case .failure(let episode):
            let profile = episode.mode.profile
            let signals = profile.signals.map { "\"\($0)\"" }.joined(separator: ",")
            let repairer = episode.repairedBy.map { $0 == .center ? "\"center\"" : "\"operator\"" } ?? "null"
            return """
                {"kind":"failure","equipment":"\(episode.machine)","failure_mode":"\(episode.mode.rawValue)",\
                "onset":\(text(episode.onset)),"first_fault_code_at":\(text(episode.firstFaultCodeAt)),\
                "failed_at":\(text(episode.failedAt)),"repaired_at":\(text(episode.repairedAt)),\
                "repaired_by":\(repairer),"spn":\(profile.code.spn.number),"fmi":\(profile.code.fmi.number),\
                "sa":\(profile.code.sourceAddress.number),"signals":[\(signals)]}
                """
        case .service(let machine, let code, let at):
            return """
                {"kind":"service","equipment":"\(machine)","service":"\(code)","performed_at":\(text(at))}
                """
        }
    }

    private func text(_ time: Timestamp?) -> String { time.map { "\"\($0.iso8601)\"" } ?? "null" }

    /// When it began; the truth file is in this order.
    var at: Timestamp {
        switch self {
        case .failure(let episode): episode.onset
        case .service(_, _, let at): at
        }
    }
}
