import FleetModel
import Logging
import ServiceLifecycle

/// Makes backups when they are due and removes the oldest ones.
///
/// Only when the new one has been verified does an old one go, and never a whole one for one that has damage. A failure is
/// shown, and tried again after a pause that grows; what comes in is stored meanwhile.
package struct Archivist<Store: BackupStore>: Service {
    private let store: Store
    private let settings: Live<BackupSettings?>
    private let time: DaemonTime?
    private let gauges: DaemonGauges
    private let clock: any Clock<Duration>
    private let now: @Sendable () -> Timestamp
    private let logger: Logger

    /// - Parameter time: tells when the time is in doubt; `nil` where it never is.
    package init(
        store: Store, settings: Live<BackupSettings?>, time: DaemonTime? = nil, gauges: DaemonGauges,
        clock: any Clock<Duration>, now: @escaping @Sendable () -> Timestamp, logger: Logger
    ) {
        self.store = store
        self.settings = settings
        self.time = time
        self.gauges = gauges
        self.clock = clock
        self.now = now
        self.logger = logger
    }

    private static var roundEvery: Duration { .seconds(1) }

    /// What one round hands to the next.
    package struct Round: Sendable {
        fileprivate var version: Int?
        fileprivate var document: BackupDocument?
        fileprivate var backoff = Backoff(first: .minutes(1), longest: .hours(1))

        package init() {}
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            var round = Round()
            while !Task.isCancelled {
                let pause = await step(&round)
                await wait(pause, unlessChangedFrom: round.version)
            }
        }
    }

    /// Makes a backup when one is due; returns how long to wait for the next look.
    package func step(_ round: inout Round) async -> Duration {
        let (current, version) = settings.current
        if round.version != version {
            round = Round()
            round.version = version
        }
        guard let current else {
            gauges.update(backup: nil)
            gauges.over(.backup)
            return Self.roundEvery
        }
        // A backup named by a guessed time could never be told from the others.
        if let time, !time.isCredible { return Self.roundEvery }
        do {
            try await keep(current, &round)
            round.backoff.reset()
            round.document?.failure = nil
            gauges.update(backup: round.document)
            if let damage = round.document?.damage {
                gauges.trouble(
                    .backup, "the database is damaged, and its backups are: \(damage); run zubr check, old backups stay"
                )
            } else {
                gauges.over(.backup)
            }
            return Self.roundEvery
        } catch {
            if Task.isCancelled { return .zero }
            var document = round.document ?? BackupDocument(current)
            document.failure = error.message
            round.document = document
            gauges.update(backup: document)
            let last = document.lastAt.map { "the last good one is of \($0.iso8601)" } ?? "there is none yet"
            gauges.trouble(.backup, "the backup fails: \(error.message); \(last)")
            logger.error("the backup failed, trying again", metadata: ["cause": "\(error.message)"])
            return round.backoff.pause()
        }
    }

    private func keep(_ settings: BackupSettings, _ round: inout Round) async throws(StoreFailure) {
        var document = round.document ?? BackupDocument(settings)
        let started = now()
        // Looked at once, and again after each failure; then it is known.
        if document.nextAt == nil || document.failure != nil {
            let files = try await store.files(in: settings.folder)
            let shelf = BackupShelf(names: files.keys)
            for name in shelf.unfinished { try await store.remove(name, in: settings.folder) }
            if let last = shelf.last(at: started) {
                document.lastFile = last.name
                document.lastAt = last.at
                document.lastBytes = files[last.name]
            }
            document.nextAt = shelf.nextAt(every: settings.every, now: started)
        }
        // A clock that was set back must not put the next one off for longer than the interval.
        let next = min(document.nextAt ?? started, started + settings.every)
        document.nextAt = next
        round.document = document
        guard next <= started else { return }

        let name = BackupShelf.name(at: started)
        let begun = ContinuousClock.now
        let made = try await store.backUp(to: name, in: settings.folder)
        let lastDamaged = document.damage == nil ? nil : document.lastFile
        document.lastFile = name
        document.lastAt = started
        document.lastBytes = made.bytes
        document.damage = made.damage
        document.lastSeconds = (ContinuousClock.now - begun).inSeconds
        document.nextAt = started + settings.every
        document.failure = nil
        round.document = document
        gauges.update(backup: document)
        if let damage = made.damage {
            logger.error(
                "backup made of a damaged database",
                metadata: ["file": "\(settings.folder)/\(name)", "damage": "\(damage)"])
            // What is gone from the database may be in the older ones.
            if let lastDamaged, lastDamaged != name { try await store.remove(lastDamaged, in: settings.folder) }
            return
        }
        logger.info(
            "backup made and verified",
            metadata: ["file": "\(settings.folder)/\(name)", "bytes": "\(made.bytes)"])
        let shelf = BackupShelf(names: try await store.files(in: settings.folder).keys)
        for old in shelf.surplus(keep: settings.keep, newest: name) {
            try await store.remove(old, in: settings.folder)
        }
    }

    /// After a failure the wait is long; another configuration ends it.
    private func wait(_ pause: Duration, unlessChangedFrom version: Int?) async {
        var left = pause
        while left > .zero, !Task.isCancelled, settings.current.version == version {
            try? await clock.sleep(for: min(left, Self.roundEvery))
            left -= Self.roundEvery
        }
    }
}

extension BackupDocument {
    fileprivate init(_ settings: BackupSettings) {
        self.init()
        folder = settings.folder
        everySeconds = settings.every.inSeconds
        keep = settings.keep
    }
}
