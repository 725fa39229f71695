import FleetModel

/// What a question about series is answered with.
package struct SeriesAnswer: Sendable, Hashable {
    /// The points of one signal of a machine, or of a group of them.
    package struct Series: Sendable, Hashable {
        package var subject: Subject
        package var signal: String
        /// When it was read, or when the step begins: microseconds since 1970, rising or equal.
        package var times: [Int64]
        /// For each column of the answer a value a time. NaN stands also for what is not known of a step.
        package var values: [[Double]]

        package init(subject: Subject, signal: String, times: [Int64] = [], values: [[Double]] = []) {
            self.subject = subject
            self.signal = signal
            self.times = times
            self.values = values
        }
    }

    /// A condition was fulfilled from a time up to another.
    package struct Span: Sendable, Hashable {
        package var subject: Subject
        package var signal: String
        package var from: Timestamp
        package var to: Timestamp

        package init(subject: Subject, signal: String, from: Timestamp, to: Timestamp) {
            self.subject = subject
            self.signal = signal
            self.from = from
            self.to = to
        }
    }

    /// Whose series it is.
    package enum Subject: Sendable, Hashable {
        case equipment(MachineKey)
        case fleet(FleetID)
        /// `nil` for machines of which no model is known.
        case model(ModelID?)

        package static let words = ["equipment", "fleet", "model"]

        package var word: String {
            switch self {
            case .equipment: "equipment"
            case .fleet: "fleet"
            case .model: "model"
            }
        }

        package var text: String {
            switch self {
            case .equipment(let key): key.description
            case .fleet(let fleet): fleet.text
            case .model(let model): model?.text ?? ""
            }
        }
    }

    package var question: SeriesQuestion
    /// Those that have a point, by subject and signal.
    package var series: [Series] = []
    /// Instead of series, when it was asked for spans.
    package var spans: [Span] = []
    /// How many readings were looked at one by one.
    package var readings = 0

    package init(question: SeriesQuestion, series: [Series] = [], spans: [Span] = [], readings: Int = 0) {
        self.question = question
        self.series = series
        self.spans = spans
        self.readings = readings
    }

    /// What the values of a series are: `value`, or the aggregates in the order in which they were asked for.
    package var columns: [String] {
        if case .steps(_, let aggregates) = question.form { return aggregates.map(\.description) }
        return ["value"]
    }
}
