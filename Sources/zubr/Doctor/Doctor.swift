import FleetConfiguration
import FleetConsole
import FleetMQTT
import FleetModel
import FleetRuntime
import FleetStore
import Foundation

/// Looks at everything an installation consists of; with a running daemon by asking it, else by the files.
struct Doctor {
    let configuration: String
    let mosquitto: String
    let client: FleetClient
    /// Whether the person said where the socket is; else the configuration may say so better.
    let isSocketGiven: Bool

    func examine() async -> CheckupDocument {
        let settings: DaemonSettings?
        var checks: [Check] = []
        do throws(ConfigurationProblems) {
            let loaded = try FleetConfiguration.load(configuration)
            settings = loaded.daemon
            checks.append(configurationCheck(loaded))
        } catch {
            settings = nil
            checks.append(
                .failed(
                    "configuration", error.problems.map(\.description).joined(separator: "; "),
                    next:
                        "mend the file; zubrd does not start with it. Run as root, when it is a file that may not be read"
                ))
        }
        let status = answer(settings)
        switch status {
        case .success(let status): checks += status.checks + [versionsCheck(status.version)]
        case .failure(let failure):
            checks.append(daemonCheck(failure))
            checks += StatusDocument.checkNames.map { .skipped($0, "zubrd does not answer") }
            checks.append(versionsCheck(nil))
        }
        let daemon = try? status.get()
        let path = daemon?.store.path ?? settings?.database
        var database = Check.skipped("database", "the configuration cannot be read")
        var isHeld = daemon != nil
        if let path { (database, isHeld) = await DatabaseLook(path: path).look(daemon) }
        if case .failure(let failure) = status, !failure.isNobody { isHeld = true }
        if let settings {
            checks += BrokerLook(settings.broker, daemon: daemon != nil ? .answers : isHeld ? .isThere : .isAway).checks
            checks += mosquittoChecks(settings)
            checks.append(passwordsCheck(settings.broker))
            checks.append(metricsCheck(settings.metrics, isUp: isHeld))
        } else {
            checks += ["broker-door", "mosquitto", "passwords", "metrics"].map {
                .skipped($0, "the configuration cannot be read")
            }
        }
        checks.append(database)
        if let path {
            checks += DiskLook(path: path).checks
        } else {
            checks.append(.skipped("disk-space", "the configuration cannot be read"))
        }
        checks.append(ClockLook.check)
        return CheckupDocument(checks)
    }

    private func answer(_ settings: DaemonSettings?) -> Result<StatusDocument, ClientFailure> {
        let first = Result { () throws(ClientFailure) in
            try client.get("/v1/status", as: StatusDocument.self)
        }
        guard case .failure = first, !isSocketGiven, let socket = settings?.socket, socket != client.socket else {
            return first
        }
        let second = Result { () throws(ClientFailure) in
            try FleetClient(socket: socket).get("/v1/status", as: StatusDocument.self)
        }
        if case .failure = second { return first }
        return second
    }

    private func configurationCheck(_ loaded: FleetConfiguration) -> Check {
        guard loaded.warnings.isEmpty else {
            return .warning(
                "configuration", loaded.warnings.map(\.description).joined(separator: "; "),
                next: "it is allowed; change it when it is not meant")
        }
        return .ok("configuration", "\(configuration) is good")
    }

    private func daemonCheck(_ failure: ClientFailure) -> Check {
        let lines = failure.description.split(separator: "\n", maxSplits: 1).map(String.init)
        return .failed(
            "daemon", lines[0],
            next: failure.isUnreachable
                ? "start it (`systemctl start zubrd`); its log says why it ended. When it runs elsewhere, name its --socket"
                : lines.last ?? "see zubrd's log")
    }

    private func versionsCheck(_ daemon: String?) -> Check {
        let seen =
            "zubr \(zubrVersion), \(daemon.map { "zubrd \($0), " } ?? "")SQLite \(DatabaseExamination.sqliteVersion), libmosquitto \(BrokerProbe.libraryVersion), layout \(DatabaseExamination.newestSchema)"
        guard let daemon, daemon != zubrVersion else { return .ok("versions", seen) }
        return .warning(
            "versions", seen, next: "zubr and zubrd differ: restart zubrd after an upgrade, or use the zubr beside it")
    }

    private func mosquittoChecks(_ settings: DaemonSettings) -> [Check] {
        guard ["localhost", "::1"].contains(settings.broker.host) || settings.broker.host.hasPrefix("127.") else {
            return [.skipped("mosquitto", "the broker runs on \(settings.broker.host); run `zubr doctor` there, too")]
        }
        var found = MosquittoSettings()
        guard let text = try? String(contentsOfFile: mosquitto, encoding: .utf8) else {
            let isThere = FileManager.default.fileExists(atPath: mosquitto)
            return [
                .skipped(
                    "mosquitto",
                    isThere
                        ? "\(mosquitto) may not be read; run as root"
                        : "there is no \(mosquitto); name the broker's file with --mosquitto")
            ]
        }
        found.read(text)
        for folder in found.includedFolders {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            for name in names.sorted() where name.hasSuffix(".conf") {
                found.read((try? String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)) ?? "")
            }
        }
        return found.checks(bodyBytes: settings.limits.bodyBytes)
    }

    private func passwordsCheck(_ broker: BrokerSettings) -> Check {
        let files =
            [broker.inbox, broker.post].flatMap { [$0.passwordFile, $0.keyFile] }.compactMap { $0 }
            + [broker.tls?.keyFile].compactMap { $0 }
        guard !files.isEmpty else {
            return broker.inbox.user == nil && broker.tls == nil
                ? .warning(
                    "passwords", "zubrd has no user at the broker",
                    next: "give inbox and post a user and a password_file each; docs/OPERATING.md says how")
                : .ok("passwords", "none in files")
        }
        let open = files.filter { FileStanding($0)?.isOpenToOthers == true }
        guard open.isEmpty else {
            return .warning(
                "passwords", "everybody on this machine may read \(open.joined(separator: ", "))",
                next: "chmod 640 and chgrp to zubrd's group")
        }
        return .ok("passwords", "\(quantity(files.count, "file")), none readable by others")
    }

    private func metricsCheck(_ metrics: MetricsSettings?, isUp: Bool) -> Check {
        guard let metrics else {
            return .skipped("metrics", "metrics.listen is not set in zubrd.yaml: only the socket has the metrics page")
        }
        if isUp {
            guard let failure = Door.connect(metrics.host, metrics.port) else {
                return .ok("metrics", "http://\(metrics)/metrics answers")
            }
            return .failed(
                "metrics", "nobody answers on \(metrics): \(failure)",
                next: "give metrics.listen a free address of this machine, then restart zubrd; zubrd's log says more")
        }
        guard let failure = Door.bind(metrics.host, metrics.port) else { return .ok("metrics", "\(metrics) is free") }
        return .failed(
            "metrics", "zubrd could not listen on \(metrics): \(failure)",
            next: "give metrics.listen a free address of this machine")
    }
}

extension ClientFailure {
    /// Nobody listens on the socket; any other failure is one of somebody who does.
    fileprivate var isNobody: Bool { if case .unreachable = self { true } else { false } }
}
