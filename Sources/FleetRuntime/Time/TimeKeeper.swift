import FleetModel

/// What the daemon takes for the time, when the server's clock may be set by anybody to anything.
///
/// Pure. Time runs on the boot clock, which nobody can set and which counts while the machine sleeps. The server's
/// clock says where on it we stand: it is followed while it goes steadily, and a step of it is taken only when the
/// fleet's clocks agree better with the new time than with the old, or when nobody is there to contradict for a
/// while. Against a clock that goes steadily the fleet is never believed: machines with one fault in common must not
/// drag the daemon with them. See `docs/decisions/0004-time.md`.
package struct TimeKeeper: Sendable {
    /// The believed time less the boot clock.
    package private(set) var offset: Duration
    package private(set) var standing: Standing
    /// Most of the fleet lies outside what is taken as a frame's time: our clock or theirs is wrong.
    package private(set) var isDisputed = false

    /// The newest time in the store, as it stands on the boot clock had the daemon never been away.
    private let storedOffset: Duration?
    private let startedAt: Duration
    private var steady: (offset: Duration, since: Duration)?
    private var word: Word?

    /// The furthest that the fleet's clocks have stood. They fall behind while queues are emptied; time does not.
    private struct Word {
        var offset: Duration
        /// When they last got notably further, and where they stood then: a queue may still be emptying.
        var risen: (at: Duration, to: Duration)
        /// Since when they are heard behind it.
        var behindSince: Duration?
    }

    /// How the server's clock and the believed time stand to each other.
    package enum Standing: Sendable, Hashable {
        /// They agree.
        case agreed
        /// The server's clock has stepped, and it is not yet known whether to follow.
        case stepped(to: Duration, since: Duration)
        /// The server's clock is wrong: the fleet says so.
        case overruled(Duration)
        /// The daemon has just started and the server's clock cannot be right, or hardly.
        case unknown(Doubt)

        package enum Doubt: Sendable, Hashable { case beforeStored, beforeProgram, farAhead }
    }

    package enum Event: Sendable, Hashable {
        /// The server's clock has stepped by this much.
        case stepSeen(Duration)
        /// The believed time has been moved by this much.
        case adopted(by: Duration, Grounds)
        /// The server's clock is not followed: it is off by this much.
        case overruled(Duration, machines: Int)
        /// The server's clock is back where the believed time is.
        case agreed
        /// Most of the fleet says another time than ours, by this much; and that it no longer does.
        case disputed(Duration, machines: Int)
        case undisputed
    }

    package enum Grounds: Sendable, Hashable {
        /// The fleet's clocks agree better with the server's new time.
        case fleetAgrees(machines: Int)
        /// No machine was heard for `patience`.
        case nobodyContradicts
        /// The server's clock cannot be right, and the fleet's clocks agree with each other.
        case fleetAlone(machines: Int)
    }

    /// What is asked of a frame's time while it is beyond doubt.
    package struct Bounds: Sendable, Hashable {
        package var futureTolerance: Duration
        package var ageMax: Duration

        package init(futureTolerance: Duration, ageMax: Duration) {
            self.futureTolerance = futureTolerance
            self.ageMax = ageMax
        }
    }

    /// Time services slew by a few hundred parts in a million; a difference above this between two looks is a step.
    package static let slewMax = Duration.seconds(2)
    /// How long a step waits for somebody to contradict.
    package static let patience = Duration.minutes(10)
    /// So many machines can dispute our time.
    package static let quorum = 3
    /// Machines whose clocks are right are this close to each other.
    package static let agreement = Duration.minutes(1)
    /// How long the fleet's word must stand before it alone is the time: a queue being emptied does not stand.
    package static let steadyFor = Duration.minutes(1)
    private static let steadyWithin = Duration.seconds(5)
    /// Messages are late by nature and ahead only by a wrong clock, so being ahead counts so many times.
    private static let aheadWeight = 4
    /// How long the fleet must be heard behind where it once stood before it is believed to stand there: its clocks,
    /// not ours, were set.
    private static let wordHolds = Duration.hours(1)
    /// A daemon that was off for longer asks whether it was.
    package static let absenceMax = Duration.days(30)
    /// This program is younger; a server that says less has lost its clock.
    package static let earliest = Timestamp(seconds: 1_767_225_600)

    /// - Parameter newestStored: when the store last took something, by what was then believed.
    package init(wall: Timestamp, boot: Duration, newestStored: Timestamp?) {
        startedAt = boot
        storedOffset = newestStored.map { ($0 - .epoch) - boot }
        offset = (wall - .epoch) - boot
        standing = .agreed
        if let newestStored, wall < newestStored - Self.agreement {
            // Better to stand still than to go back: nothing that waits falls due.
            offset = (newestStored - .epoch) - boot
            standing = .unknown(.beforeStored)
        } else if wall < Self.earliest {
            standing = .unknown(.beforeProgram)
        } else if let newestStored, wall > newestStored + Self.absenceMax {
            standing = .unknown(.farAhead)
        }
    }

    package func now(boot: Duration) -> Timestamp { .epoch + offset + boot }

    /// Whether how much time passed since the last run is known: nothing falls due before it is.
    package var isCredible: Bool {
        if case .unknown = standing { false } else { true }
    }

    /// Whether frames are taken whatever their time is, because it is ours that may be wrong.
    package var takesAnyTime: Bool {
        if case .stepped = standing { true } else { !isCredible || isDisputed }
    }

    /// Looks at the clocks; call it several times a second.
    package mutating func judge(
        wall: Timestamp, boot: Duration, fleet: FleetOpinion?, bounds: Bounds
    ) -> [Event] {
        let server = (wall - .epoch) - boot
        var events: [Event] = []
        hear(fleet, boot: boot)
        if isCredible {
            follow(server, wall: wall, boot: boot, fleet: fleet, into: &events)
        } else {
            settle(server, wall: wall, boot: boot, fleet: fleet, into: &events)
        }
        dispute(fleet, bounds, into: &events)
        return events
    }

    // MARK: - While running

    private mutating func follow(
        _ server: Duration, wall: Timestamp, boot: Duration, fleet: FleetOpinion?, into events: inout [Event]
    ) {
        let gap = server - offset
        guard distance(server, offset) > Self.slewMax else {
            offset = server
            if standing != .agreed { events.append(.agreed) }
            standing = .agreed
            return
        }
        var isNew = true
        switch standing {
        case .stepped(let target, _): isNew = distance(target, server) > Self.slewMax
        case .overruled(let target): isNew = distance(target, server) > Self.slewMax
        case .agreed, .unknown: break
        }
        if isNew {
            standing = .stepped(to: server, since: boot)
            events.append(.stepSeen(gap))
        }
        guard wall >= Self.earliest else {
            overrule(server, gap, machines: fleet?.machines ?? 0, into: &events)
            return
        }
        if let fleet, let word {
            let isNearer = misfit(of: server, with: word) < misfit(of: offset, with: word)
            guard isSure(isNearer && server > offset, of: word, boot: boot) else { return }
            if isNearer {
                adopt(server, as: .agreed, .fleetAgrees(machines: fleet.machines), into: &events)
            } else {
                overrule(server, gap, machines: fleet.machines, into: &events)
            }
        } else if case .stepped(_, let since) = standing, boot - since >= Self.patience {
            adopt(server, as: .agreed, .nobodyContradicts, into: &events)
        }
    }

    private mutating func hear(_ fleet: FleetOpinion?, boot: Duration) {
        guard let fleet else {
            word?.behindSince = nil
            return
        }
        let isStepped = if case .stepped = standing { true } else { false }
        guard var heard = word else {
            // Who is first heard after a step may be emptying a queue; before it, rising would show that.
            word = Word(
                offset: fleet.offset, risen: (at: isStepped ? boot : boot - Self.steadyFor, to: fleet.offset))
            return
        }
        heard.offset = max(heard.offset, fleet.offset)
        if heard.offset > heard.risen.to + Self.steadyWithin { heard.risen = (at: boot, to: heard.offset) }
        if fleet.offset >= heard.offset - Self.steadyWithin {
            heard.behindSince = nil
        } else if boot - (heard.behindSince ?? boot) >= Self.wordHolds {
            heard = Word(offset: fleet.offset, risen: (at: boot, to: fleet.offset))
        } else {
            heard.behindSince = heard.behindSince ?? boot
        }
        word = heard
    }

    /// How badly a time agrees with the fleet's clocks.
    private func misfit(of offset: Duration, with word: Word) -> Duration {
        let late = offset - word.offset
        return late >= .zero ? late : .zero - late * Self.aheadWeight
    }

    /// Whether the fleet's word decides: at once when its clocks are `beyond` our time, because no message comes before
    /// it is written; else when it is not getting further, or when a step has waited long enough.
    private func isSure(_ beyond: Bool, of word: Word, boot: Duration) -> Bool {
        if beyond || boot - word.risen.at >= Self.steadyFor { return true }
        if case .stepped(_, let since) = standing { return boot - since >= Self.patience }
        return false
    }

    private mutating func overrule(_ server: Duration, _ gap: Duration, machines: Int, into events: inout [Event]) {
        if case .overruled = standing { return }
        standing = .overruled(server)
        events.append(.overruled(gap, machines: machines))
    }

    // MARK: - At the start

    private mutating func settle(
        _ server: Duration, wall: Timestamp, boot: Duration, fleet: FleetOpinion?, into events: inout [Event]
    ) {
        guard let fleet else {
            steady = nil
            if wall >= Self.earliest, boot - startedAt >= Self.patience {
                adopt(server, as: .agreed, .nobodyContradicts, into: &events)
            }
            return
        }
        let isNearServer =
            distance(fleet.offset, server) <= Self.agreement
            || storedOffset.map { distance(fleet.offset, server) < distance(fleet.offset, $0) } ?? false
        if isNearServer, wall >= Self.earliest {
            adopt(server, as: .agreed, .fleetAgrees(machines: fleet.machines), into: &events)
            return
        }
        if steady.map({ distance($0.offset, fleet.offset) > Self.steadyWithin }) ?? true {
            steady = (fleet.offset, boot)
        }
        guard let steady, fleet.spread <= Self.agreement,
            .epoch + fleet.offset + boot >= Self.earliest
        else { return }
        // Few machines must be of one mind for longer.
        let needed = fleet.machines >= Self.quorum ? Self.steadyFor : Self.patience
        if boot - steady.since >= needed {
            adopt(
                fleet.offset, as: .overruled(server), .fleetAlone(machines: fleet.machines), into: &events)
        }
    }

    private mutating func adopt(
        _ new: Duration, as next: Standing, _ grounds: Grounds, into events: inout [Event]
    ) {
        events.append(.adopted(by: new - offset, grounds))
        offset = new
        standing = next
        steady = nil
    }

    private mutating func dispute(_ fleet: FleetOpinion?, _ bounds: Bounds, into events: inout [Event]) {
        guard let fleet, fleet.machines >= Self.quorum else {
            if isDisputed { events.append(.undisputed) }
            isDisputed = false
            return
        }
        let ahead = fleet.offset - offset
        let isOutside = ahead > bounds.futureTolerance || ahead < .zero - bounds.ageMax
        if isOutside, !isDisputed { events.append(.disputed(ahead, machines: fleet.machines)) }
        if !isOutside, isDisputed {
            events.append(.undisputed)
            // Where wrong clocks stood says nothing.
            word = nil
        }
        isDisputed = isOutside
    }

    private func distance(_ a: Duration, _ b: Duration) -> Duration { (a - b).magnitude }
}
