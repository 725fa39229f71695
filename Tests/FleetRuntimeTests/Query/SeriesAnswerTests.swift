import FleetModel
import Testing

@testable import FleetRuntime

@Suite("An answer about series as text")
struct SeriesAnswerTests {
    private let start = Timestamp(iso8601: "2026-03-01T08:00:00Z")!
    private let truck = MachineKey("kuzbass-coal/truck-17")!

    private func question(_ form: SeriesQuestion.Form) -> SeriesQuestion {
        SeriesQuestion(
            machines: MachineSelection(keys: [truck]), signals: ["speed"], from: start, to: start + .hours(1),
            form: form)
    }

    private func text(_ text: WrittenText) -> String { String(decoding: text.bytes, as: UTF8.self) }

    @Test("steps have an array for each aggregate, and null or nothing where it is not known")
    func steps() {
        let answer = SeriesAnswer(
            question: question(.steps(.minutes(10), [.mean, .rate])),
            series: [
                .init(
                    subject: .equipment(truck), signal: "speed, ground",
                    times: [start.microseconds, (start + .minutes(10)).microseconds],
                    values: [[1.5, 2], [.nan, 0.25]])
            ])
        #expect(
            text(answer.json(now: start))
                == #"{"now":"2026-03-01T08:00:00Z","from":"2026-03-01T08:00:00Z","to":"2026-03-01T09:00:00Z","step":"10m","series":[{"equipment":"kuzbass-coal/truck-17","signal":"speed, ground","times":["2026-03-01T08:00:00Z","2026-03-01T08:10:00Z"],"mean":[1.5,2],"rate":[null,0.25]}]}"#
        )
        #expect(
            text(answer.csv()) == """
                equipment,signal,time,mean,rate
                kuzbass-coal/truck-17,"speed, ground",2026-03-01T08:00:00Z,1.5,nan
                kuzbass-coal/truck-17,"speed, ground",2026-03-01T08:10:00Z,2,0.25

                """)
    }

    @Test("spans have their ends")
    func spans() {
        var asked = question(.spans(.minutes(1), SpanCondition("mean speed < 1 for 10m")!))
        asked.grouping = .model
        let answer = SeriesAnswer(
            question: asked,
            spans: [.init(subject: .model(nil), signal: "speed", from: start, to: start + .minutes(12))])
        #expect(
            text(answer.json(now: start)).hasSuffix(
                #""step":"1m","spans":[{"model":"","signal":"speed","from":"2026-03-01T08:00:00Z","to":"2026-03-01T08:12:00Z"}]}"#
            ))
        #expect(text(answer.csv()) == "model,signal,from,to\n,speed,2026-03-01T08:00:00Z,2026-03-01T08:12:00Z\n")
    }

    @Test("an answer without anything is complete, too")
    func empty() {
        #expect(text(SeriesAnswer(question: question(.readings)).json(now: start)).hasSuffix(#""series":[]}"#))
        #expect(text(SeriesAnswer(question: question(.last)).csv()) == "equipment,signal,time,value\n")
    }
}
