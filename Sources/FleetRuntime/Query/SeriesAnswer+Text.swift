import FleetModel

extension SeriesAnswer {
    /// One JSON object; its keys are in docs/QUERIES.md. Series of 8,640 points are usual, so it is written by hand.
    package func json(now: Timestamp) -> WrittenText {
        var sink = TextSink()
        var clock = TextSink.Clock()
        sink.append("{\"now\":\"" as StaticString)
        sink.append(time: now.microseconds, &clock)
        switch question.form {
        case .last: break
        case .readings, .steps, .spans:
            sink.append("\",\"from\":\"" as StaticString)
            sink.append(time: question.from.microseconds, &clock)
            sink.append("\",\"to\":\"" as StaticString)
            sink.append(time: question.to.microseconds, &clock)
        }
        switch question.form {
        case .steps(let step, _), .spans(let step, _):
            sink.append("\",\"step\":\"" as StaticString)
            sink.append(step.words)
        case .readings, .last: break
        }
        if case .spans = question.form {
            sink.append("\",\"spans\":[" as StaticString)
            for (index, span) in spans.enumerated() {
                if index > 0 { sink.append(UInt8(ascii: ",")) }
                SeriesAnswer.begin(span.subject, span.signal, &sink)
                sink.append(",\"from\":\"" as StaticString)
                sink.append(time: span.from.microseconds, &clock)
                sink.append("\",\"to\":\"" as StaticString)
                sink.append(time: span.to.microseconds, &clock)
                sink.append("\"}" as StaticString)
            }
        } else {
            sink.append("\",\"series\":[" as StaticString)
            for (index, one) in series.enumerated() {
                if index > 0 { sink.append(UInt8(ascii: ",")) }
                append(one, &sink, &clock)
            }
        }
        sink.append("]}" as StaticString)
        return sink.text()
    }

    private static func begin(_ subject: Subject, _ signal: String, _ sink: inout TextSink) {
        sink.append("{\"" as StaticString)
        sink.append(subject.word)
        sink.append("\":" as StaticString)
        sink.append(json: subject.text)
        sink.append(",\"signal\":" as StaticString)
        sink.append(json: signal)
    }

    private func append(_ one: Series, _ sink: inout TextSink, _ clock: inout TextSink.Clock) {
        SeriesAnswer.begin(one.subject, one.signal, &sink)
        sink.append(",\"times\":[" as StaticString)
        for (index, time) in one.times.enumerated() {
            sink.append(index > 0 ? ",\"" as StaticString : "\"" as StaticString)
            sink.append(time: time, &clock)
            sink.append(UInt8(ascii: "\""))
        }
        sink.append(UInt8(ascii: "]"))
        for (name, values) in zip(columns, one.values) {
            sink.append(",\"" as StaticString)
            sink.append(name)
            sink.append("\":[" as StaticString)
            for (index, value) in values.enumerated() {
                if index > 0 { sink.append(UInt8(ascii: ",")) }
                sink.append(json: value)
            }
            sink.append(UInt8(ascii: "]"))
        }
        sink.append(UInt8(ascii: "}"))
    }

    /// A header, and a line a point or a span.
    package func csv() -> WrittenText {
        var sink = TextSink()
        var clock = TextSink.Clock()
        let subject = question.grouping == .machine ? "equipment" : question.grouping.rawValue
        sink.append(subject)
        if case .spans = question.form {
            sink.append(",signal,from,to\n" as StaticString)
            for span in spans {
                SeriesAnswer.beginLine(span.subject, span.signal, &sink)
                sink.append(time: span.from.microseconds, &clock)
                sink.append(UInt8(ascii: ","))
                sink.append(time: span.to.microseconds, &clock)
                sink.append(UInt8(ascii: "\n"))
            }
            return sink.text()
        }
        sink.append(",signal,time" as StaticString)
        for column in columns {
            sink.append(UInt8(ascii: ","))
            sink.append(column)
        }
        sink.append(UInt8(ascii: "\n"))
        for one in series {
            var start = TextSink()
            SeriesAnswer.beginLine(one.subject, one.signal, &start)
            let lead = String(decoding: start.text().bytes, as: UTF8.self)
            for (index, time) in one.times.enumerated() {
                sink.append(lead)
                sink.append(time: time, &clock)
                for values in one.values {
                    sink.append(UInt8(ascii: ","))
                    sink.append(values[index])
                }
                sink.append(UInt8(ascii: "\n"))
            }
        }
        return sink.text()
    }

    private static func beginLine(_ subject: Subject, _ signal: String, _ sink: inout TextSink) {
        sink.append(csv: subject.text)
        sink.append(UInt8(ascii: ","))
        sink.append(csv: signal)
        sink.append(UInt8(ascii: ","))
    }
}
