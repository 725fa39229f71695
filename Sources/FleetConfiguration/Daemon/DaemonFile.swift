import FleetModel
import FoundationEssentials
import Glibc
import ServiceDesk

/// What `zubrd.yaml` says: broker, database, clock, limits, the desk's times, and where the other files are.
struct DaemonFile {
    var settings: DaemonSettings
    var desk: DeskRules
    var files: Files

    struct Files {
        var catalog: String
        var servicePlans: String
        var rules: String
        var serviceCenters: String
        var fleet: String

        /// All beside `zubrd.yaml`, under their usual names.
        init(in folder: String) {
            catalog = filePath("catalog.yaml", from: folder)
            servicePlans = filePath("service-plans.yaml", from: folder)
            rules = filePath("rules.yaml", from: folder)
            serviceCenters = filePath("service-centers.yaml", from: folder)
            fleet = filePath("fleet.yaml", from: folder)
        }
    }

    /// - Parameter credentials: the folder of what systemd hands over; `nil` where it hands over nothing.
    static func read(_ root: Entry, folder: String, credentials: String?) -> DaemonFile? {
        let secrets = SecretFiles(folder: folder, handedOver: credentials)
        return root.fields { fields in
            let broker = fields.optional("broker").map { $0.broker(secrets) }
            let database = fields.required("database")?.text()
            let socket = fields.required("socket")?.text()
            let clock = fields.optional("clock")?.clock() ?? .real
            let limits = fields.optional("limits")?.limits() ?? IngestLimits()
            let metrics = fields.optional("metrics").flatMap { $0.metrics() }
            let desk = fields.optional("desk")?.deskRules() ?? DeskRules()
            let backup = fields.optional("backup")?.backup(folder: folder) ?? nil
            let retention = fields.optional("retention")?.retention() ?? RetentionSettings()
            let log = fields.optional("log")?.word(LogLevel.self) ?? .info
            let files = fields.optional("files")?.files(folder: folder) ?? Files(in: folder)
            guard let database, let socket else { return nil }
            var settings = DaemonSettings(
                broker: (broker ?? BrokerSettings()) ?? BrokerSettings(), database: filePath(database, from: folder),
                socket: filePath(socket, from: folder), clock: clock, limits: limits, backup: backup,
                retention: retention, log: log)
            settings.metrics = metrics
            return DaemonFile(settings: settings, desk: desk, files: files)
        }
    }
}

/// A path in a file is meant from the file's own folder.
func filePath(_ name: String, from folder: String) -> String {
    name.hasPrefix("/") || folder.isEmpty ? name : folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
}

/// The folder of a path; empty for the working directory.
func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "" }
    return slash == path.startIndex ? "/" : String(path[..<slash])
}

private func isNumericAddress(_ text: String) -> Bool {
    var (four, six) = (in_addr(), in6_addr())
    return inet_pton(AF_INET, text, &four) == 1 || inet_pton(AF_INET6, text, &six) == 1
}

extension Entry {
    fileprivate func broker(_ secrets: SecretFiles) -> BrokerSettings? {
        fields { fields in
            var broker = BrokerSettings()
            if let host = fields.optional("host")?.text() { broker.host = host }
            if let port = fields.optional("port")?.integer(in: 1...65_535) { broker.port = port }
            if let version = fields.optional("version")?.word(BrokerSettings.ProtocolVersion.self) {
                broker.version = version
            }
            if let span = fields.optional("keep_alive")?.duration(in: .seconds(5)...(.seconds(65_535))) {
                broker.keepAlive = span
            }
            if let span = fields.optional("session_expiry")?.duration(in: .minutes(1)...(.days(3_650))) {
                broker.sessionExpiry = span
            }
            if let found = fields.optional("inbox")?.credentials(secrets) { broker.inbox = found }
            if let found = fields.optional("post")?.credentials(secrets) { broker.post = found }
            if broker.inbox.clientID == broker.post.clientID {
                report(
                    "inbox and post have the same client id: the broker would throw one out for the other",
                    "give each its own client_id")
            }
            let tls = fields.optional("tls")
            broker.tls = tls?.tls(secrets)
            if tls == nil, broker.inbox.certificateFile ?? broker.post.certificateFile != nil {
                report(
                    "a certificate needs tls", "give tls with authority_file, or remove certificate_file and key_file")
            }
            return broker
        }
    }

    private func credentials(_ secrets: SecretFiles) -> BrokerSettings.Credentials? {
        fields { fields in
            let clientID = fields.required("client_id")?.text()
            let user = fields.optional("user")?.text()
            let file = fields.optional("password_file")
            let password = file?.password(secrets)
            if file != nil, user == nil {
                report("a password needs a user", "give user, or remove password_file")
            }
            let own = certificate(in: fields, secrets)
            return clientID.map {
                var credentials = BrokerSettings.Credentials(
                    clientID: $0, user: user, password: password, certificateFile: own.file, keyFile: own.key)
                if password != nil { credentials.passwordFile = file.flatMap(secrets.path) }
                return credentials
            }
        }
    }

    /// The first line of the file: a password in the configuration itself would be read by everybody who may read that.
    private func password(_ secrets: SecretFiles) -> String? {
        guard let file = secrets.path(self) else { return nil }
        guard let bytes = FileManager.default.contents(atPath: file),
            let text = String(validating: bytes, as: UTF8.self)
        else {
            report(
                "the password file \(file) cannot be read",
                secrets.remedy(self, otherwise: "create it readable by the daemon's user only"))
            return nil
        }
        guard let line = text.split(separator: "\n").first, !line.isEmpty else {
            report("the password file \(file) is empty", "put the password on its first line")
            return nil
        }
        return String(line)
    }

    private func tls(_ secrets: SecretFiles) -> BrokerSettings.TLS? {
        fields { fields in
            let authority = fields.required("authority_file")?.existingFile(secrets)
            let ours = certificate(in: fields, secrets)
            return authority.map {
                BrokerSettings.TLS(authorityFile: $0, certificateFile: ours.file, keyFile: ours.key)
            }
        }
    }

    private func certificate(in fields: Fields, _ secrets: SecretFiles) -> (file: String?, key: String?) {
        let certificate = fields.optional("certificate_file")
        let key = fields.optional("key_file")
        if (certificate == nil) != (key == nil) {
            report("certificate_file and key_file belong together", "give both or neither")
        }
        return (certificate?.existingFile(secrets), key?.existingFile(secrets))
    }

    private func existingFile(_ secrets: SecretFiles) -> String? {
        guard let file = secrets.path(self) else { return nil }
        guard FileManager.default.fileExists(atPath: file) else {
            report(
                "there is no file \(file)",
                secrets.remedy(self, otherwise: "paths are meant from the folder of this file"))
            return nil
        }
        return file
    }

    /// `metrics: {listen: 127.0.0.1:9464}`
    fileprivate func metrics() -> MetricsSettings? {
        fields { fields in fields.required("listen").flatMap { $0.listeningAddress() } }
    }

    private func listeningAddress() -> MetricsSettings? {
        guard let text = text() else { return nil }
        let parts = text.lastIndex(of: ":").map { (text[..<$0], text[text.index(after: $0)...]) }
        guard let (host, portText) = parts, let port = Int(portText), (1...65_535).contains(port) else {
            report(
                "\(text.debugDescription) is no address with a port",
                "write 127.0.0.1:9464, which only this machine can reach")
            return nil
        }
        let address = host.hasPrefix("[") && host.hasSuffix("]") ? host.dropFirst().dropLast() : host
        guard isNumericAddress(String(address)) else {
            report(
                "\(host.debugDescription) is no numeric address, and a name may come to mean another machine",
                "write 127.0.0.1:\(port), or the address of the network that Prometheus is in")
            return nil
        }
        let settings = MetricsSettings(host: String(address), port: port)
        if !settings.isLoopback {
            warn(
                "the metrics page is shown to everybody who can reach \(settings); see that a firewall stands before it"
            )
        }
        return settings
    }

    fileprivate func clock() -> ClockSettings? {
        fields { fields in
            let rate = fields.optional("rate")?.number(in: 0.001...1_000_000) ?? 1
            let epoch = fields.optional("epoch")?.time()
            if rate != 1, epoch == nil {
                report(
                    "a clock that does not run at the real rate needs an epoch",
                    "give the instant at which it agrees with the real one: epoch: 2026-03-01T08:00:00Z")
            }
            return rate == 1 ? .real : ClockSettings(epoch: epoch ?? .epoch, rate: rate)
        }
    }

    fileprivate func limits() -> IngestLimits? {
        fields { fields in
            var limits = IngestLimits()
            func count(_ name: String, _ field: WritableKeyPath<IngestLimits, Int>, _ range: ClosedRange<Int>) {
                if let value = fields.optional(name)?.integer(in: range) { limits[keyPath: field] = value }
            }
            count("body_bytes", \.bodyBytes, 256...(16 << 20))
            count("frames_per_message", \.framesPerMessage, 1...100_000)
            count("signals_per_frame", \.signalsPerFrame, 1...4_096)
            count("signals_per_machine", \.signalsPerMachine, 1...65_536)
            count("machines_per_fleet", \.machinesPerFleet, 1...1_000_000)
            count("batch_messages", \.batchMessages, 1...100_000)
            count("batch_bytes", \.batchBytes, 1_024...(1 << 30))
            if let span = fields.optional("future_tolerance")?.duration() { limits.futureTolerance = span }
            if let span = fields.optional("age_max")?.duration(in: .minutes(1)...(.days(36_500))) {
                limits.ageMax = span
            }
            return limits
        }
    }

    fileprivate func backup(folder: String) -> BackupSettings? {
        fields { fields in
            let place = fields.required("folder")?.text()
            let every = fields.optional("every")?.duration(in: .minutes(1)...(.days(365))) ?? .days(1)
            let keep = fields.optional("keep")?.integer(in: 1...10_000) ?? 7
            return place.map { BackupSettings(folder: filePath($0, from: folder), every: every, keep: keep) }
        }
    }

    fileprivate func retention() -> RetentionSettings? {
        fields { fields in
            let range = Duration.days(1)...(.days(36_500))
            let settings = RetentionSettings(
                readings: fields.optional("readings")?.duration(in: range),
                minutes: fields.optional("minutes")?.duration(in: range),
                hours: fields.optional("hours")?.duration(in: range))
            // What is kept for ever leaves nothing to what comes after it.
            let ages = [settings.readings, settings.minutes, settings.hours]
            for (finer, coarser) in zip(ages, ages.dropFirst()) {
                guard let coarser else { continue }
                guard let finer, finer < coarser else {
                    report(
                        "readings must go before minutes, and minutes before hours",
                        "give ages that grow, for instance readings: 90d, minutes: 730d, hours: 3650d; what has no age is kept for ever"
                    )
                    break
                }
            }
            return settings
        }
    }

    fileprivate func deskRules() -> DeskRules? {
        fields { fields in
            var rules = DeskRules()
            let range = Duration.seconds(1)...(.days(365))
            if let span = fields.optional("republish_after")?.duration(in: range) { rules.republishAfter = span }
            if let span = fields.optional("receipt_within")?.duration(in: range) { rules.receiptWithin = span }
            if let span = fields.optional("answer_within")?.duration(in: range) { rules.answerWithin = span }
            if let span = fields.optional("retry_uncovered_after")?.duration(in: range) {
                rules.retryUncoveredAfter = span
            }
            return rules
        }
    }

    fileprivate func files(folder: String) -> DaemonFile.Files? {
        fields { fields in
            var files = DaemonFile.Files(in: folder)
            func file(_ name: String, _ field: WritableKeyPath<DaemonFile.Files, String>) {
                if let value = fields.optional(name)?.text() {
                    files[keyPath: field] = filePath(value, from: folder)
                }
            }
            file("catalog", \.catalog)
            file("service_plans", \.servicePlans)
            file("rules", \.rules)
            file("service_centers", \.serviceCenters)
            file("fleet", \.fleet)
            return files
        }
    }
}
