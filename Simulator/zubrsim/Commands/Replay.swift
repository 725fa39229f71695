import ArgumentParser
import FleetConfiguration
import FleetModel
import FleetRuntime
import FleetSimulation
import Glibc
import Rehearsal

/// Publishes a recording again.
struct Replay: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Publishes a recording: our JSON lines, CSV or InfluxDB line protocol.",
        discussion: """
            Examples:
              zubrsim replay fleet.jsonl --speed 60 --times shift \\
                  --broker mqtt://127.0.0.1:1883
              zubrsim replay tsbs.lp.xz --map Simulator/maps/tsbs-iot.yaml --speed max \\
                  --times shift --from-time "$(date -u -d '2 days ago' +%FT%TZ)" \\
                  --broker mqtt://127.0.0.1:1883

            The daemon takes no frame older than age_max, 30 days: shift what is older.

            A file whose name ends in .xz, .gz or .zst is unpacked on the way. Lines that cannot be mapped are counted
            and kept in FILE.rejected.
            """)

    @Argument(help: "The recording.")
    var recording: String
    @Option(
        name: .customLong("map"),
        help: "YAML file that says which column is which signal; JSON lines need none.")
    var mapFile: String?
    @Option(help: "How much faster than it was recorded: 1, 60, max.")
    var speed: Speed = .rate(1)
    @Option(help: "Address of the broker: mqtt://user:password@host:port.")
    var broker: String?
    @Option(name: .customLong("to"), help: "Write our JSON lines to this file in place of a broker.")
    var file: String?
    @Option(help: "keep the recorded times, or shift them so that the first becomes --from-time.")
    var times: Times = .keep
    @Option(help: "What the first recorded time becomes with --times shift, RFC 3339; default: now.")
    var fromTime: Instant?
    @Option(help: "What the lines are: jsonl, csv, line-protocol; default: by the file's name.")
    var format: RecordingFormat?
    @Option(help: "Where lines that cannot be mapped are kept; default: FILE.rejected.")
    var rejected: String?
    @Option(help: "Read at most so many lines.")
    var limit: Int?
    @Option(help: "How the counts are printed: table or json.")
    var output = OutputForm.json

    enum Times: String, ExpressibleByArgument, CaseIterable, Sendable { case keep, shift }

    private var form: RecordingFormat { format ?? RecordingFormat(path: recording) }

    func validate() throws {
        if (broker == nil) == (file == nil) { throw ValidationError("Give either --broker URL or --to FILE.") }
        if form != .lines, mapFile == nil {
            throw ValidationError("\(form.rawValue) needs --map FILE, such as Simulator/maps/tsbs-iot.yaml.")
        }
        if times == .shift, speed == .max, fromTime == nil {
            throw ValidationError("--times shift as fast as it goes needs --from-time, or the end would lie ahead.")
        }
        if times == .keep, fromTime != nil { throw ValidationError("--from-time needs --times shift.") }
    }

    func run() async throws {
        Interruption.listen(to: [SIGINT, SIGTERM], endsAtSecond: true)
        let source = try LineSource(path: recording)
        let map = try mapFile.map { try ReplayMapFile.read(try LoadedScenario.text(of: $0), path: $0) }
        let real = Timestamp.systemNow()
        let lines = RecordedLines(format: form, map: map, now: real)
        let sink: any MessageSink =
            if let file {
                try FileSink(path: file)
            } else {
                try BrokerSink(url: broker ?? "", clientID: "zubrsim-replay")
            }
        try await sink.open()
        var report = ReplayReport(recording: recording)
        var unmapped = RejectedLines(path: rejected ?? recording + ".rejected")
        let began = ContinuousClock.now
        do {
            var pace = ReplayPace(speed: speed, began: began, shift: times == .shift ? fromTime?.time ?? real : nil)
            var progress = ProgressLine()
            while !Interruption.isAsked, limit.map({ report.lines < $0 }) ?? true, let line = try source.line() {
                report.lines += 1
                progress.show("\(report.published) published, \(report.lines) lines read")
                let ready: ReadyMessage?
                switch prepare(line, lines, &pace) {
                case .success(let prepared): ready = prepared
                case .failure(let rejection):
                    try unmapped.add(line, number: report.lines, rejection)
                    continue
                }
                guard let ready else {
                    report.skipped += 1
                    continue
                }
                try await pace.wait(for: ready.recordedAt)
                try await sink.send(SentMessage(topic: ready.topic, body: ready.body, at: ready.at))
                report.published += 1
                report.readings += ready.readings
            }
            progress.finish()
            try await sink.close()
        } catch let failure as InboxFailure {
            throw CommandFailure(publishing: failure, to: broker ?? "")
        }
        report.rejected = unmapped.counts
        report.rejectedFile = try unmapped.close()
        report.seconds = (ContinuousClock.now - began).inSeconds
        try report.print(as: output)
    }

    private struct ReadyMessage {
        var topic: String
        var body: [UInt8]
        var recordedAt: Timestamp
        var at: Timestamp
        var readings: Int
    }

    private func prepare(
        _ line: ArraySlice<UInt8>, _ lines: RecordedLines, _ pace: inout ReplayPace
    ) -> Result<ReadyMessage?, Rejection> {
        do throws(Rejection) {
            guard let message = try lines.message(in: line) else { return .success(nil) }
            let recordedAt = message.at ?? pace.last
            let shift = pace.shift(of: recordedAt)
            var readings = 0
            if case .frame(let frame) = message.content { readings = frame.readings.count }
            return .success(
                ReadyMessage(
                    topic: message.topic, body: try lines.body(of: message, shift: shift), recordedAt: recordedAt,
                    at: recordedAt + shift, readings: readings))
        } catch { return .failure(error) }
    }
}

struct ReplayReport: Report {
    var recording: String
    var lines = 0
    var published = 0
    /// Of lines that were mapped; JSON lines go through as they are.
    var readings = 0
    /// Blank lines, comments, headers and measurements the map leaves out.
    var skipped = 0
    var rejected: [String: Int] = [:]
    var rejectedFile: String?
    var seconds = 0.0

    init(recording: String) { self.recording = recording }

    var table: [(name: String, value: String)] {
        [
            ("recording", recording), ("lines", "\(lines)"), ("published", "\(published)"), ("readings", "\(readings)"),
            ("skipped", "\(skipped)"),
        ] + rejected.sorted { $0.key < $1.key }.map { ("rejected: \($0.key)", "\($0.value)") }
            + (rejectedFile.map { [("rejected lines in", $0)] } ?? []) + [("seconds", decimal(seconds, places: 1))]
    }
}
