/// One thing that is measured, with its present values: a block of the metrics page.
package struct MetricFamily: Sendable, Hashable {
    package enum Kind: String, Sendable { case counter, gauge, histogram, summary }

    package struct Label: Sendable, Hashable {
        package var name: String
        package var value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    package struct Sample: Sendable, Hashable {
        /// `_bucket`, `_sum` and `_count` of histograms and summaries; empty for the others.
        package var suffix: String
        package var labels: [Label]
        package var value: Double

        package init(_ value: Double, suffix: String = "", labels: [Label] = []) {
            self.suffix = suffix
            self.labels = labels
            self.value = value
        }
    }

    package var name: String
    package var kind: Kind
    package var help: String
    /// None while nothing is known yet: a made-up zero would be believed.
    package var samples: [Sample]

    package init(_ name: String, _ kind: Kind, _ help: String, _ samples: [Sample]) {
        self.name = name
        self.kind = kind
        self.help = help
        self.samples = samples
    }

    /// With one value and no label; without a sample when the value is not known.
    package init(_ name: String, _ kind: Kind, _ help: String, _ value: Double?) {
        self.init(name, kind, help, value.map { [Sample($0)] } ?? [])
    }

    /// With one value for each value of a label, in their order.
    package init(
        _ name: String, _ kind: Kind, _ help: String, by label: String, _ values: [(label: String, value: Double)]
    ) {
        self.init(name, kind, help, values.map { Sample($0.value, labels: [Label(label, $0.label)]) })
    }

    package init(_ name: String, _ help: String, _ histogram: Histogram) {
        let buckets = zip(histogram.bounds + [.infinity], histogram.cumulativeCounts).map { bound, count in
            Sample(Double(count), suffix: "_bucket", labels: [Label("le", metricNumber(bound))])
        }
        self.init(
            name, .histogram, help,
            buckets + [
                Sample(histogram.sum, suffix: "_sum"), Sample(Double(histogram.count), suffix: "_count"),
            ])
    }
}

extension MetricFamily {
    /// In the Prometheus text format, version 0.0.4.
    package var text: String {
        var text = "# HELP \(name) \(escaped(help))\n# TYPE \(name) \(kind.rawValue)\n"
        for sample in samples {
            text += name + sample.suffix
            if !sample.labels.isEmpty {
                let labels = sample.labels.map { "\($0.name)=\"\(escaped($0.value, inQuotes: true))\"" }
                text += "{" + labels.joined(separator: ",") + "}"
            }
            text += " " + metricNumber(sample.value) + "\n"
        }
        return text
    }
}

/// As the format writes numbers: whole ones without a fraction, `+Inf`, `NaN`.
func metricNumber(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
    return value == value.rounded() && abs(value) < 0x1p53 ? "\(Int64(value))" : "\(value)"
}

private func escaped(_ text: String, inQuotes: Bool = false) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\\": escaped += "\\\\"
        case "\n": escaped += "\\n"
        case "\"" where inQuotes: escaped += "\\\""
        default: escaped.unicodeScalars.append(scalar)
        }
    }
    return escaped
}
