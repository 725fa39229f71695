import FleetModel
import Glibc

/// One part of one machine that wears by one failure mode, is renewed, and wears again.
package struct Component: Sendable {
    package let part: FailurePart
    private var chance: RandomStream
    private let failureRate: Double
    /// Comes for certain at this time, once.
    private var forced: (onset: Timestamp, courseHours: Double?)?
    /// Hours worked at the usual rate, since new or since the first sign.
    private var hours = 0.0
    package private(set) var hoursToOnset = 0.0
    private var courseHours: Double
    /// How far the course is run, 0 to 1.
    package private(set) var progress = 0.0
    private var wander = 0.0
    /// An intermittent fault is there just now.
    private var isThere = false
    private var hoursToChange = 0.0
    private var activeCodes = 0
    private var occurrences: [UInt8] = []
    private var times: Times?

    private struct Times {
        var onset: Timestamp
        var firstFaultCodeAt: Timestamp?
        var failedAt: Timestamp?
    }

    /// Unless new, the part has some hours behind it when the run begins, and its first sign is still to come.
    package init(part: FailurePart, machine: MachineKey, seed: UInt64, failureRate: Double, isNew: Bool = false) {
        self.part = part
        self.failureRate = failureRate
        chance = RandomStream(seed: seed, of: machine.description, part.mode.id)
        courseHours = part.courseHours
        let age = isNew ? 0 : chance.share() * part.scaleHours
        hoursToOnset = drawOnset(after: age)
    }

    mutating func force(at onset: Timestamp, courseHours: Double?) { forced = (onset, courseHours) }

    /// Weibull, on the condition that it has not come before `age`.
    private mutating func drawOnset(after age: Double) -> Double {
        let survived = pow(age / part.scaleHours, part.shape)
        let drawn = part.scaleHours * pow(survived - log(1 - chance.share()), 1 / part.shape) - age
        return failureRate > 0 ? drawn / failureRate : .infinity
    }

    // MARK: What it is like now

    /// Something is wrong, whether it shows or not.
    package var isWrong: Bool { times != nil }
    package var hasFailed: Bool { times?.failedAt != nil }
    var failedAt: Timestamp? { times?.failedAt }

    func episode(of machine: MachineKey) -> FailureEpisode? {
        guard let times else { return nil }
        var episode = FailureEpisode(
            machine: machine, mode: part.mode, subsystem: part.subsystem, onset: times.onset)
        episode.firstFaultCodeAt = times.firstFaultCodeAt
        episode.failedAt = times.failedAt
        return episode
    }

    /// How much of it shows, 0 to 1.
    var damage: Double {
        guard isWrong else { return 0 }
        if part.mode.course == .intermittent { return isThere ? max(0.6, progress) : 0 }
        return min(1, part.mode.course.damage(at: progress) * (1 + 0.06 * wander))
    }

    /// Codes that are active now, with how often each has come.
    var codes: [DiagnosticTroubleCode] {
        (0..<activeCodes).map { index in
            let key = part.mode.codes[index].key
            return DiagnosticTroubleCode(
                spn: key.spn, fmi: key.fmi, sourceAddress: key.sourceAddress, occurrenceCount: occurrences[index])
        }
    }

    // MARK: Work and repair

    /// - Parameters:
    ///   - wearRate: how much faster than usual it wears before its first sign
    ///   - load: 0 to 1
    ///   - ambient: °C
    /// - Returns: whether its active codes changed
    package mutating func work(
        hours worked: Double, wearRate: Double, load: Double, ambient: Double, until now: Timestamp
    ) -> Bool {
        guard isWrong else {
            hours += worked * wearRate
            let isForced = forced.map { $0.onset <= now } ?? false
            guard isForced || hours >= hoursToOnset else { return false }
            return begin(isForced: isForced, at: now)
        }
        guard !hasFailed else { return false }
        let stress = part.mode.stress
        let pace = 1 + stress.load * (load - 0.5) + stress.heat * (ambient - 15) / 25
        hours += worked * min(1.8, max(0.5, pace))
        progress = min(1, hours / courseHours)
        // Soil, road and weather: it looks a little better or worse from one half hour to the next.
        wander += (chance.noise(1) - wander) * min(1, worked / 0.5)
        comeAndGo(worked)
        if progress >= 1 { times?.failedAt = now }
        return setCodes(at: now)
    }

    private mutating func begin(isForced: Bool, at now: Timestamp) -> Bool {
        courseHours = (isForced ? forced?.courseHours : nil) ?? part.courseHours
        if isForced { forced = nil }
        hours = 0
        wander = 0
        times = Times(onset: now)
        occurrences = part.mode.codes.map { _ in 0 }
        guard part.mode.course == .sudden else { return false }
        progress = 1
        times?.failedAt = now
        return setCodes(at: now)
    }

    private mutating func comeAndGo(_ worked: Double) {
        guard part.mode.course == .intermittent else { return }
        hoursToChange -= worked
        guard hoursToChange <= 0 else { return }
        isThere.toggle()
        // A loose contact in the end breaks for good half the time.
        let mean = isThere ? 0.02 + 0.1 * progress : 0.05 + 0.4 * (1 - progress)
        hoursToChange = chance.exponential(mean: mean * min(1, courseHours / 4))
    }

    private mutating func setCodes(at now: Timestamp) -> Bool {
        let mode = part.mode
        let reached = hasFailed ? 1 : mode.course.damage(at: progress)
        let isShowing = mode.course != .intermittent || isThere || hasFailed
        let active = isShowing ? mode.codes.prefix { $0.damage <= reached }.count : 0
        guard active != activeCodes else { return false }
        for index in activeCodes..<max(active, activeCodes) { occurrences[index] = min(126, occurrences[index] + 1) }
        activeCodes = active
        if active > 0, times?.firstFaultCodeAt == nil { times?.firstFaultCodeAt = now }
        return true
    }

    /// The part is as new; returns what had been wrong, `nil` when nothing was.
    mutating func renew(
        at now: Timestamp, by repairer: FailureEpisode.Repairer, of machine: MachineKey
    ) -> FailureEpisode? {
        guard var closed = episode(of: machine) else { return nil }
        closed.repairedAt = now
        closed.repairedBy = repairer
        times = nil
        progress = 0
        hours = 0
        activeCodes = 0
        isThere = false
        hoursToOnset = drawOnset(after: 0)
        return closed
    }
}
