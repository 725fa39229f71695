import FleetModel

extension FleetConfiguration {
    /// What `other` says differently and only a restart can bring, by the names of `zubrd.yaml`.
    package func settingsThatNeedRestart(for other: FleetConfiguration) -> [String] {
        var names: [String] = []
        func compare<Value: Equatable>(_ name: String, _ path: KeyPath<DaemonSettings, Value>) {
            if daemon[keyPath: path] != other.daemon[keyPath: path] { names.append(name) }
        }
        compare("database", \.database)
        compare("socket", \.socket)
        compare("broker", \.broker)
        compare("clock", \.clock)
        compare("metrics", \.metrics)
        // They are agreed on with the broker when the connection is made.
        compare("limits.batch_messages", \.limits.batchMessages)
        compare("limits.batch_bytes", \.limits.batchBytes)
        return names
    }

    /// What can be taken of `other` without a restart; the rest stays as it is here.
    package func taking(_ other: FleetConfiguration) -> FleetConfiguration {
        var next = other
        next.daemon.database = daemon.database
        next.daemon.socket = daemon.socket
        next.daemon.broker = daemon.broker
        next.daemon.clock = daemon.clock
        next.daemon.metrics = daemon.metrics
        next.daemon.limits.batchMessages = daemon.limits.batchMessages
        next.daemon.limits.batchBytes = daemon.limits.batchBytes
        return next
    }
}
