import FleetModel
import Glibc

/// One part of one machine that wears by one failure mode, is renewed, and wears again.
struct Component: Sendable {
    let mode: FailureMode
    let profile: FailureProfile
    private var chance: RandomStream
    private let failureRate: Double
    /// Comes for certain at this time, once.
    private var forcedOnset: Timestamp?
    private var forcedCourseHours: Double?
    private var hoursToOnset: Double
    private var courseHours: Double
    private var hours = 0.0
    private(set) var progress = 0.0
    private(set) var occurrences: UInt8 = 0
    /// What is wrong now; `nil` while the part is sound.
    private(set) var episode: FailureEpisode?

    init(mode: FailureMode, machine: MachineKey, seed: UInt64, failureRate: Double) {
        self.mode = mode
        self.failureRate = failureRate
        profile = mode.profile
        chance = RandomStream(seed: seed, of: machine.description, mode.rawValue)
        hoursToOnset = 0
        courseHours = profile.courseHours
        // The machine is not new: some of this part's life is behind it already.
        hoursToOnset = drawOnset() * chance.share()
    }

    mutating func force(at onset: Timestamp, courseHours: Double?) {
        forcedOnset = onset
        forcedCourseHours = courseHours
    }

    private mutating func drawOnset() -> Double {
        let drawn = chance.weibull(shape: profile.shape, scale: profile.scaleHours)
        return failureRate > 0 ? drawn / failureRate : .infinity
    }

    var activeCode: DiagnosticTroubleCode? {
        guard let episode, episode.firstFaultCodeAt != nil else { return nil }
        return DiagnosticTroubleCode(
            spn: profile.code.spn, fmi: profile.code.fmi, sourceAddress: profile.code.sourceAddress,
            occurrenceCount: occurrences)
    }

    var hasFailed: Bool { episode?.failedAt != nil }

    /// Returns whether the active code changed.
    mutating func work(hours worked: Double, until now: Timestamp, machine: MachineKey) -> Bool {
        hours += worked
        if episode == nil {
            let isForced = forcedOnset.map { $0 <= now } ?? false
            guard isForced || hours >= hoursToOnset else { return false }
            courseHours = isForced ? forcedCourseHours ?? profile.courseHours : profile.courseHours
            if isForced { forcedOnset = nil }
            hours = 0
            episode = FailureEpisode(machine: machine, mode: mode, onset: now)
            return false
        }
        guard episode?.failedAt == nil else { return false }
        // Slow at first and faster towards the end, as wear feeds on itself.
        progress = min(1, pow(hours / courseHours, 1.5))
        if progress >= 1 { episode?.failedAt = now }
        guard progress >= FailureProfile.codeStage, episode?.firstFaultCodeAt == nil else { return false }
        episode?.firstFaultCodeAt = now
        occurrences = min(occurrences + 1, 126)
        return true
    }

    /// The part is as new; returns what had been wrong, `nil` when nothing was.
    mutating func renew(at now: Timestamp, by repairer: FailureEpisode.Repairer) -> FailureEpisode? {
        guard var closed = episode else { return nil }
        closed.repairedAt = now
        closed.repairedBy = repairer
        episode = nil
        progress = 0
        hours = 0
        hoursToOnset = drawOnset()
        return closed
    }
}
