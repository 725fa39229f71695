import FleetModel

// What the operator is told of the time: what is seen, what is believed, what to do.

extension TimeKeeper {
    private static let remedy =
        "set the server's clock (is chrony or systemd-timesyncd running?); the daemon follows by itself"

    /// What is wrong; `nil` when nothing is.
    package func problem(server: Timestamp, boot: Duration, fleet: FleetOpinion?) -> String? {
        let believed = now(boot: boot)
        let fleetWord = fleet.map {
            "\($0.machines == 1 ? "one machine says" : "\($0.machines) machines say") \((.epoch + $0.offset + boot).briefly)"
        }
        switch standing {
        case .agreed:
            guard isDisputed, let fleetWord else { return nil }
            return
                "our clock says \(believed.briefly), \(fleetWord): one of them is wrong; frames are taken whatever their time; \(Self.remedy), or correct the machines' clocks"
        case .stepped:
            return
                "the server's clock has stepped to \(server.briefly) and \(fleet == nil ? "no machine is heard that could tell" : "the machines are sending what has waited and cannot tell yet") whether it is right; going on from \(believed.briefly) until one is, at most \(Self.patience.briefly)"
        case .overruled:
            return
                "the server's clock says \(server.briefly), which is wrong\(fleetWord.map { ": \($0)" } ?? ""); going on with \(believed.briefly); \(Self.remedy)"
        case .unknown(let doubt):
            let why =
                switch doubt {
                case .beforeStored: "before the newest message in the database"
                case .beforeProgram: "before this program was written"
                case .farAhead: "more than \(Self.absenceMax.briefly) after the newest message in the database"
                }
            return
                "the server's clock says \(server.briefly), \(why)\(fleetWord.map { ", and \($0)" } ?? ", and no machine is heard yet"); what comes in is stored, orders and alerts wait until the time is known; \(Self.remedy)"
        }
    }
}

extension TimeKeeper.Event {
    /// For the log.
    package var words: String {
        switch self {
        case .stepSeen(let gap): "the server's clock has stepped \(gap.signed)"
        case .adopted(let step, let grounds): "time moved \(step.signed): \(grounds.words)"
        case .overruled(let gap, let machines):
            "the server's clock is off by \(gap.signed) and is not followed: \(machines == 0 ? "it says a time before this program was written" : "the clocks of \(machines) machines agree better with ours")"
        case .agreed: "the server's clock agrees with ours again"
        case .disputed(let gap, let machines):
            "the clocks of most of \(machines) machines are off from ours by \(gap.signed): frames are taken whatever their time"
        case .undisputed: "the machines' clocks agree with ours again"
        }
    }
}

extension TimeKeeper.Grounds {
    fileprivate var words: String {
        switch self {
        case .fleetAgrees(let machines): "the clocks of \(machines) machines agree with the server's"
        case .nobodyContradicts:
            "the server's clock says so, and no machine was heard for \(TimeKeeper.patience.briefly) that could contradict"
        case .fleetAlone(let machines):
            "the server's clock cannot be right, and the clocks of \(machines) machines agree with each other"
        }
    }
}

extension Timestamp {
    /// To the second.
    fileprivate var briefly: String { Timestamp(seconds: microseconds.flooredDivision(by: 1_000_000)).iso8601 }
}

extension Duration {
    /// In the largest unit of which there are two or more.
    fileprivate var briefly: String {
        let seconds = abs(inSeconds)
        for (size, unit) in [(86_400.0, "d"), (3_600, "h"), (60, "min")] where seconds >= 2 * size {
            return "\(decimal(seconds / size, places: 1)) \(unit)"
        }
        return "\(decimal(seconds, places: 1)) s"
    }

    fileprivate var signed: String { "\(briefly) \(self < .zero ? "back" : "ahead")" }
}
