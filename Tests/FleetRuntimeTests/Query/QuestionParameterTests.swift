import FleetModel
import Testing

@testable import FleetRuntime

@Suite("A question as it is put")
struct QuestionParameterTests {
    private let now = Timestamp(iso8601: "2026-03-01T08:00:00Z")!

    private func read(_ values: [String: [String]]) throws -> SeriesQuestion {
        try SeriesQuestion(["equipment": ["a/b"]].merging(values) { $1 }, now: now)
    }

    @Test("asks for the readings of a day when it says no more")
    func usual() throws {
        let question = try read([:])
        #expect(question.form == .readings)
        #expect(question.to == now && question.from == now - .days(1))
        #expect(question.signals == [] && question.limit == 100_000)
    }

    @Test("asks for steps, for the last, and for spans")
    func forms() throws {
        #expect(
            try read(["step": ["90s"], "aggregate": ["rate", "p99.9", "time_weighted_mean"]]).form
                == .steps(.seconds(90), [.rate, .percentile(99.9), .timeWeightedMean]))
        let last = try read(["last": ["true"], "signal": ["speed"]])
        #expect(last.form == .last && last.to == .distantFuture)
        let spans = try read(["where": ["p95  coolant_temp >= 103.5 for 1.5h"], "step": ["5m"], "group_by": ["model"]])
        let condition = SpanCondition(
            aggregate: .percentile(95), signal: "coolant_temp", comparison: .atLeast, bound: 103.5,
            duration: .minutes(90))
        #expect(spans.form == .spans(.minutes(5), condition))
        #expect(spans.signals == ["coolant_temp"] && spans.grouping == .model)
    }

    @Test("names several with commas or one by one, and a date is its midnight in UTC")
    func lists() throws {
        let many = try read([
            "equipment": ["a/b,a/c", "d/e"], "signal": ["speed, heading"], "model": ["X,Y"], "site": ["pit, north"],
            "step": ["1h"], "aggregate": ["mean,max", "p95"], "from": ["2016-01-02"], "to": ["2016-01-03T00:00:00Z"],
        ])
        #expect(many.machines.keys.map(\.description) == ["a/b", "a/c", "d/e"])
        #expect(many.machines.models.map(\.text) == ["X", "Y"] && many.machines.sites == ["pit, north"])
        #expect(many.signals == ["speed", "heading"])
        #expect(many.form == .steps(.hours(1), [.mean, .max, .percentile(95)]))
        #expect(many.from.iso8601 == "2016-01-02T00:00:00Z" && many.to - many.from == .days(1))
    }

    @Test(
        "is refused with what was said",
        arguments: [
            (["aggregate": ["mean,median"], "step": ["1h"]], "not \"median\""),
            (["from": ["2016-02-30"]], "not \"2016-02-30\""),
            (["signal": ["speed,"]], "not \"\""), (["to": ["2016-01-02", "2016-01-03"]], "2016-01-02 and 2016-01-03"),
            (["aggregate": ["mean,mean"], "step": ["1h"]], "names mean twice"),
            (
                ["to": ["2016-01-02"], "from": ["2016-01-03"]],
                "2016-01-03T00:00:00Z is not before 2016-01-02T00:00:00Z"
            ),
        ] as [([String: [String]], String)])
    func said(values: [String: [String]], says: String) {
        let problem = #expect(throws: QuestionProblem.self) { try read(values) }
        #expect(problem?.reason.contains(says) == true, "\(problem.debugDescription)")
    }

    @Test(
        "is refused with the parameter and what it takes",
        arguments: [
            (["equipment": []], "equipment"), (["from": ["2026-03-01T08:00:00Z"]], "from"),
            (["step": ["1m"]], "aggregate"),
            (["aggregate": ["mean"]], "step"), (["step": ["1"], "aggregate": ["mean"]], "step"),
            (["step": ["-1m"], "aggregate": ["mean"]], "step"), (["step": ["0.1us"], "aggregate": ["mean"]], "step"),
            (["step": ["1m"], "aggregate": ["mean", "mean"]], "aggregate"),
            (["step": ["1m"], "aggregate": (1...17).map { "p\($0)" }], "aggregate"),
            (["step": ["1m"], "aggregate": ["p"]], "aggregate"), (["step": ["1m"], "aggregate": ["p-1"]], "aggregate"),
            (["step": ["1m"], "aggregate": ["p1e1"]], "aggregate"),
            (["step": ["1m"], "aggregate": ["pnan"]], "aggregate"),
            (["where": ["mean speed < 1"]], "where"), (["where": ["mean speed < nan for 1m"]], "where"),
            (["where": ["mean speed ~ 1 for 1m"]], "where"), (["where": ["mean @tags < 1 for 1m"]], "where"),
            (["where": ["mean speed < 1 for 0s"]], "where"), (["signal": ["@tags"]], "signal"),
            (["last": ["maybe"]], "last"), (["last": ["true"], "from": ["2026-02-01T08:00:00Z"]], "last"),
            (["limit": ["0"]], "limit"), (["limit": ["1", "2"]], "limit"), (["group_by": ["fleet"]], "group_by"),
            (["model": ["a b"]], "model"), (["hold": ["long"]], "hold"),
        ] as [([String: [String]], String)])
    func refused(values: [String: [String]], parameter: String) {
        #expect(throws: QuestionProblem.self) { try read(values) }
        do {
            _ = try read(values)
        } catch let problem as QuestionProblem {
            #expect(problem.parameter == parameter, "\(problem)")
        } catch {
            Issue.record("\(error)")
        }
    }

    @Test(
        "spans of time are read and written with their units",
        arguments: [
            ("500ms", 500_000), ("30s", 30_000_000), ("90s", 90_000_000), ("1m", 60_000_000), ("36h", 129_600_000_000),
            ("7d", 604_800_000_000),
        ]
            as [(String, Int64)])
    func durations(text: String, microseconds: Int64) {
        #expect(Duration(words: text)?.microseconds == microseconds)
        #expect(Duration.microseconds(microseconds).words == text)
    }

    @Test("aggregates are read as they are written")
    func aggregates() {
        for text in [
            "mean", "min", "max", "sum", "count", "first", "last", "rate", "time_weighted_mean", "p0", "p50", "p99.9",
            "p100",
        ] {
            #expect(Aggregate(text)?.description == text)
        }
        #expect(Aggregate("p100.1") == nil && Aggregate("median") == nil)
    }
}
