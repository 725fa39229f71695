import FleetModel

/// What `GET /metrics` answers. Labels have few values, all known beforehand; none names a machine or a center.
///
/// Counters begin at zero with the daemon, except where the help says otherwise. Every metric stands in
/// docs/OPERATING.md with what to do about it.
package struct MetricsPage: Sendable {
    private let status: StatusDocument
    private let hasCounts: Bool
    private let counters: DaemonCounters
    private let process: ProcessStanding?

    /// - Parameter hasCounts: whether the store's counts in `status` could be read; else they are left out.
    package init(status: StatusDocument, hasCounts: Bool, counters: DaemonCounters, process: ProcessStanding?) {
        self.status = status
        self.hasCounts = hasCounts
        self.counters = counters
        self.process = process
    }

    package var text: String { families.map(\.text).joined() }

    package var families: [MetricFamily] {
        daemon + ingest + evaluation + store + delivery + fleet + broker + processFamilies
    }

    private var rate: Double { max(status.clock.rate, 1e-9) }

    private var daemon: [MetricFamily] {
        [
            MetricFamily(
                "zubr_build_info", .gauge, "Always 1; the label says which version runs.", by: "version",
                [(status.version, 1)]),
            MetricFamily(
                "zubr_problems", .gauge, "What zubr status shows as wrong, counted; 0 when it is not degraded.",
                Double(status.problems.count)),
        ] + clock + backup
    }

    private var clock: [MetricFamily] {
        let clock = status.clock
        return [
            MetricFamily("zubr_clock_rate", .gauge, "How many times faster than the real clock ours runs.", rate),
            MetricFamily(
                "zubr_clock_standing", .gauge,
                "1 for how the server's clock and the time we go by stand to each other, 0 for the others.",
                by: "standing",
                clock.standing.map { standing in
                    ClockDocument.Standing.allCases.map { ($0.rawValue, $0 == standing ? 1 : 0) }
                } ?? []),
            MetricFamily(
                "zubr_clock_server_ahead_seconds", .gauge,
                "How far the server's clock is ahead of the time we go by; below 0 when behind.",
                clock.serverSecondsAhead),
            MetricFamily(
                "zubr_clock_fleet_ahead_seconds", .gauge,
                "How far the median of the machines' clocks is ahead of the time we go by.", clock.fleetSecondsAhead),
        ]
    }

    /// Without samples when no backups are made.
    private var backup: [MetricFamily] {
        let backup = status.backup
        return [
            MetricFamily(
                "zubr_backup_age_seconds", .gauge, "Age of the newest whole backup; +Inf while there is none.",
                backup.map { $0.lastAt.map { max(0, (status.now - $0).inSeconds / rate) } ?? .infinity }),
            MetricFamily(
                "zubr_backup_interval_seconds", .gauge, "How often a backup is to be made.",
                backup.map { $0.everySeconds / rate }),
            MetricFamily(
                "zubr_backup_bytes", .gauge, "Size of the newest whole backup.", backup?.lastBytes.map(Double.init)),
            MetricFamily(
                "zubr_backup_failing", .gauge, "1 while the last try to make one failed.",
                backup.map { $0.failure == nil ? 0 : 1 }),
        ]
    }

    private var ingest: [MetricFamily] {
        let ingest = status.ingest
        return [
            MetricFamily(
                "zubr_messages_received_total", .counter, "Messages that were committed, rejected ones included.",
                Double(ingest.messages)),
            MetricFamily(
                "zubr_messages_redelivered_total", .counter, "Messages the broker said it had sent before.",
                Double(counters.redeliveredMessages)),
            MetricFamily(
                "zubr_messages_rejected_total", .counter, "Messages put into quarantine, by reason.", by: "reason",
                Rejection.Reason.allCases.map { ($0.rawValue, Double(ingest.rejected[$0.rawValue] ?? 0)) }),
            MetricFamily("zubr_frames_stored_total", .counter, "Frames stored.", Double(ingest.frames)),
            MetricFamily(
                "zubr_frames_duplicate_total", .counter, "Frames that were there already and not stored again.",
                Double(ingest.duplicates)),
            MetricFamily("zubr_readings_stored_total", .counter, "Readings stored.", Double(ingest.readings)),
            MetricFamily(
                "zubr_commit_duration_seconds", "Time of one commit, synced to disk.", counters.commitSeconds),
            MetricFamily("zubr_commit_batch_messages", "Messages of one commit.", counters.batchMessages),
            MetricFamily(
                "zubr_commit_failures_total", .counter,
                "Commits that failed; the broker delivers their messages again.",
                by: "cause",
                DaemonCounters.failureCauses.map { ($0, Double(counters.commitFailures[$0] ?? 0)) }),
            MetricFamily(
                "zubr_last_commit_age_seconds", .gauge, "Time since the last commit, or since the start without one.",
                max(0, (status.now - (ingest.lastCommitAt ?? status.startedAt)).inSeconds / rate)),
            MetricFamily(
                "zubr_fleet_delay_seconds", .gauge,
                "Median of received less observed over the last commits; below 0 the machines' clocks are ahead of ours.",
                ingest.fleetDelaySecondsP50),
            MetricFamily(
                "zubr_inbox_held_messages", .gauge, "Messages read from the broker and not yet acknowledged to it.",
                Double(status.broker.heldMessages)),
        ]
    }

    private var evaluation: [MetricFamily] {
        [
            MetricFamily(
                "zubr_evaluator_lag_rows", .gauge, "Rows of the journal that were not evaluated yet.",
                Double(status.ingest.evaluatorLag)),
            MetricFamily(
                "zubr_evaluator_lag_seconds", .gauge, "Age of the oldest row that was not evaluated yet.",
                counters.evaluatorLag.inSeconds / rate),
        ]
    }

    private var store: [MetricFamily] {
        let store = status.store
        return [
            MetricFamily(
                "zubr_stored_frames", .gauge, "Frames in the database.", hasCounts ? Double(store.frames) : nil),
            MetricFamily(
                "zubr_gaps", .gauge, "Ranges of sequence numbers that machines counted and that never came.",
                hasCounts ? Double(store.gaps) : nil),
            MetricFamily(
                "zubr_missing_frames", .gauge, "Sequence numbers in those ranges.",
                hasCounts ? Double(store.missingFrames) : nil),
            MetricFamily(
                "zubr_quarantine_messages", .gauge, "Rejected messages that were not taken after all.",
                hasCounts ? Double(store.quarantined) : nil),
            MetricFamily(
                "zubr_quarantine_dropped_total", .counter,
                "Rejected messages thrown out to make room, since the database was made.",
                hasCounts ? Double(store.quarantineDropped) : nil),
            MetricFamily("zubr_database_bytes", .gauge, "Size of the database file.", Double(store.databaseBytes)),
            MetricFamily("zubr_wal_bytes", .gauge, "Size of the log beside it.", Double(store.walBytes)),
            MetricFamily(
                "zubr_disk_free_bytes", .gauge, "What may still be written on the database's disk.",
                Double(store.freeBytes)),
            MetricFamily(
                "zubr_disk_full_in_seconds", .gauge,
                "When the disk will be full at the present rate; +Inf while it is not filling, 0 when it is full.",
                store.fullAt.map { max(0, ($0 - status.now).inSeconds / rate) } ?? .infinity),
            MetricFamily(
                "zubr_ballast_present", .gauge,
                "1 while the room that a full disk needs for house-keeping is set aside.",
                store.hasBallast ? 1 : 0),
            MetricFamily(
                "zubr_checkpoint_duration_seconds", .summary, "Moving the log into the database file.",
                [
                    .init(store.checkpointSeconds, suffix: "_sum"),
                    .init(Double(store.checkpoints), suffix: "_count"),
                ]),
        ]
    }

    private var delivery: [MetricFamily] {
        let outbox = status.outbox
        func age(_ time: Timestamp?) -> Double { time.map { max(0, (status.now - $0).inSeconds / rate) } ?? 0 }
        return [
            MetricFamily(
                "zubr_outbox_waiting", .gauge, "Offers that their center has not said to have received.",
                hasCounts ? Double(outbox.waiting) : nil),
            MetricFamily(
                "zubr_outbox_due", .gauge, "Dispatches that were due when the courier looked last, at most 200.",
                Double(counters.dispatchesDue)),
            MetricFamily(
                "zubr_outbox_oldest_age_seconds", .gauge,
                "Age of the oldest of the waiting offers; 0 when there is none.",
                hasCounts ? age(outbox.oldestAt) : nil),
            MetricFamily(
                "zubr_outbox_late_seconds", .gauge, "How long the next dispatch has been due; 0 when none is late.",
                hasCounts ? age(outbox.nextAttemptAt) : nil),
            MetricFamily(
                "zubr_dispatches_published_total", .counter, "Dispatches the broker took.",
                Double(counters.dispatchesPublished)),
            MetricFamily(
                "zubr_dispatches_repeated_total", .counter, "Those of them that had been published before.",
                Double(counters.dispatchesRepeated)),
            MetricFamily(
                "zubr_dispatches_refused_total", .counter, "Dispatches the broker refused.",
                Double(counters.dispatchesRefused)),
            MetricFamily(
                "zubr_stray_replies", .gauge,
                "Replies to an order that is not the center's, among the latest thousand.",
                hasCounts ? Double(status.strayReplies) : nil),
        ]
    }

    private var fleet: [MetricFamily] {
        func counts(_ values: [(label: String, value: Double)]) -> [(label: String, value: Double)] {
            hasCounts ? values : []
        }
        return [
            MetricFamily(
                "zubr_machines", .gauge, "Machines ever heard of or registered.", by: "registered",
                counts([
                    ("true", Double(status.machines.registered)), ("false", Double(status.machines.unregistered)),
                ])),
            MetricFamily(
                "zubr_machines_disconnected", .gauge, "Machines whose last word was that they are gone.",
                hasCounts ? Double(status.machines.disconnected) : nil),
            MetricFamily(
                "zubr_meter_jumps", .gauge, "Meters that went back or too far within 30 days, at most 100.",
                Double(status.meterJumps.count)),
            MetricFamily(
                "zubr_alerts_firing", .gauge, "Alerts that nobody has acknowledged.", by: "severity",
                counts(Severity.allCases.map { ($0.rawValue, Double(status.firingBySeverity[$0.rawValue] ?? 0)) })),
            MetricFamily(
                "zubr_work_orders", .gauge, "Work orders by state, since the database was made.", by: "state",
                counts(WorkOrder.State.allCases.map { ($0.rawValue, Double(status.orders[$0.rawValue] ?? 0)) })),
        ]
    }

    private var broker: [MetricFamily] {
        let clients = [("inbox", status.broker), ("post", status.post)]
        return [
            MetricFamily(
                "zubr_broker_connected", .gauge, "1 while the connection stands.", by: "client",
                clients.map { ($0.0, $0.1.isConnected ? 1 : 0) }),
            MetricFamily(
                "zubr_broker_connects_total", .counter, "Connections made; more than 1 means reconnects.", by: "client",
                clients.map { ($0.0, Double($0.1.connects)) }),
            MetricFamily(
                "zubr_broker_dropped_messages_total", .counter,
                "Messages the broker says it has dropped, since the broker's start.",
                status.broker.droppedMessages.map(Double.init)),
            MetricFamily(
                "zubr_broker_kept_messages", .gauge, "Messages the broker keeps for all clients, queued and retained.",
                status.broker.keptMessages.map(Double.init)),
        ]
    }

    private var processFamilies: [MetricFamily] {
        [
            MetricFamily(
                "process_cpu_seconds_total", .counter, "User and system time spent.", process?.cpuSeconds),
            MetricFamily(
                "process_resident_memory_bytes", .gauge, "Memory in use.", process?.residentBytes),
            MetricFamily("process_virtual_memory_bytes", .gauge, "Address space in use.", process?.virtualBytes),
            MetricFamily("process_threads", .gauge, "Threads.", process?.threads),
            MetricFamily("process_open_fds", .gauge, "Open descriptors.", process?.openDescriptors),
            MetricFamily("process_max_fds", .gauge, "Descriptors that may be open.", process?.maxDescriptors),
            MetricFamily(
                "process_start_time_seconds", .gauge, "When the process started, since 1970.", process?.startedAt),
        ]
    }
}
