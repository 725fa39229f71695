import ArgumentParser
import FleetConfiguration
import FleetConsole
import FleetModel
import FleetRuntime
import Foundation
import Rehearsal

struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo", abstract: "The whole of it in a minute: a broker, zubrd and 60 simulated machines.",
        discussion: """
            Runs in --folder (var/demo) on a clock 7200 times as fast as the real one; two hours pass in a second. On a \
            terminal a live page is shown until q or Ctrl-C. Elsewhere, or with --output json, it runs for --seconds, \
            prints what it showed, one JSON object last, and exits 0 only when it showed a work order for every class of \
            machine, a nearer center refused, an order declined and sent on, and one that no capable center can reach. \
            Nothing is left running.

            Example: zubr demo --seconds 30
            """)

    @Option(help: "Ends after so many seconds (default: 75 without a terminal, else when you do).")
    var seconds: Int?

    @Option(help: "Another seed, another course of events.")
    var seed = 7

    @Option(help: "Where it works: the database, logs and sockets of the run. What the last run left there is removed.")
    var folder = "var/demo"

    @Flag(help: "Moves what the last run left in the folder aside instead of deleting it.")
    var keep = false

    @OptionGroup var output: OutputOptions

    func validate() throws {
        if let seconds, seconds < 1 { throw ValidationError("--seconds takes 1 or more.") }
    }

    func run() async throws {
        // A closed terminal too: the broker, the daemon and the folder must not stay behind.
        Interruption.listen(to: [SIGINT, SIGTERM, SIGHUP], endsAtSecond: false)
        let stage = DemoStage(folder: folder)
        do {
            let configuration = try shippedConfigurationFolder()
            let families = try DemoCommand.families(configuration)
            try stage.prepare(keepsLast: keep)
            try await stage.open(configuration: configuration, seed: seed)
            var observer = DemoObserver(client: stage.client, families: families)
            let terminal = Terminal.output
            if terminal.isInteractive, output.format == .table {
                try showLive(stage, &observer)
                await stage.close()
                print("Ended; nothing is left running. Database, logs and what was really wrong: \(stage.folder)/")
            } else {
                let report = try await rehearse(stage, &observer)
                await stage.close()
                try finish(report)
            }
        } catch let failure as RehearsalFailure {
            await stage.close()
            throw CommandFailure(failure.description)
        } catch {
            await stage.close()
            throw error
        }
    }

    /// Until somebody ends it.
    private func showLive(_ stage: DemoStage, _ observer: inout DemoObserver) throws {
        let screen = LiveScreen()
        defer { screen.leave() }
        let end = seconds.map { ContinuousClock.now + .seconds($0) }
        while !Interruption.isAsked, end.map({ ContinuousClock.now < $0 }) ?? true {
            try stage.check()
            let snapshot = try observer.look()
            // Asked anew each time: the window may have another size now.
            let terminal = Terminal.output
            let shown = observer.witness.checks.count(where: \.isShown)
            screen.draw(
                DemoPage.lines(
                    snapshot, width: terminal.width, height: terminal.height, style: terminal.style,
                    footer:
                        "q or Ctrl-C ends   \(shown) of \(observer.witness.checks.count) things shown   logs: \(stage.folder)/"
                ))
            if screen.isQuitPressed(within: 500) { return }
        }
    }

    /// For a bounded time, with a line now and then.
    private func rehearse(_ stage: DemoStage, _ observer: inout DemoObserver) async throws -> DemoReport {
        let begin = ContinuousClock.now
        let length = seconds ?? 75
        say("Zubr demo for \(length) s, clock ×\(DemoStage.rate), in \(stage.folder)/")
        var snapshot = try observer.look()
        var nextLine = begin + .seconds(10)
        while !Interruption.isAsked, ContinuousClock.now < begin + .seconds(length) {
            try await Task.sleep(for: .milliseconds(500))
            try stage.check()
            snapshot = try observer.look()
            if ContinuousClock.now >= nextLine {
                nextLine += .seconds(10)
                say(progress(snapshot, observer, ContinuousClock.now - begin))
            }
        }
        say("")
        for line in DemoPage.lines(snapshot, width: nil, height: nil, style: .plain) { say(line) }
        return DemoReport(
            checks: observer.witness.checks, isPassed: observer.witness.isComplete,
            seconds: (ContinuousClock.now - begin).inSeconds, messages: snapshot.status.ingest.messages,
            readings: snapshot.status.ingest.readings, machines: snapshot.machines.count,
            workOrders: snapshot.orders.count)
    }

    /// For people; with --output json the JSON object is all there is.
    private func say(_ line: String) {
        guard output.format == .table else { return }
        print(line)
        fflush(nil)
    }

    private func progress(_ snapshot: DemoSnapshot, _ observer: DemoObserver, _ elapsed: Duration) -> String {
        let checks = observer.witness.checks
        return
            "\(decimal(elapsed.inSeconds, places: 0)) s: \(snapshot.status.now.iso8601.prefix(16))Z, \(snapshot.machines.count) machines, \(snapshot.status.ingest.readings) readings, \(snapshot.orders.count) work orders, \(checks.count(where: \.isShown)) of \(checks.count) things shown"
    }

    private func finish(_ report: DemoReport) throws {
        say("")
        for check in report.checks { say("\(check.isShown ? "PASS" : "MISSING")  \(check.check): \(check.detail)") }
        print(String(decoding: try DocumentCoding.encode(report), as: UTF8.self))
        if !report.isPassed {
            printError(
                "the demonstration did not show everything; longer (--seconds) may, \(folder)/*.log say what happened")
            // The report is the last object, and says what is missing.
            throw ExitCode(CommandFailure.failed)
        }
    }

    /// The group a planner puts each model in.
    private static func families(_ configuration: String) throws -> [ModelID: String] {
        do {
            let catalog = try FleetConfiguration.loadCatalog(configuration)
            return catalog.models.compactMapValues { catalog.classes[$0.machineClass]?.family }
        } catch {
            throw CommandFailure("\(error)")
        }
    }
}

/// What a bounded run says last.
private struct DemoReport: Encodable {
    var checks: [DemoWitness.Check]
    var isPassed: Bool
    var seconds: Double
    var messages: Int64
    var readings: Int64
    var machines: Int
    var workOrders: Int
}
