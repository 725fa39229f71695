/// A strict reader of the Prometheus text format 0.0.4: what it takes, Prometheus takes.
package struct PrometheusText {
    package struct Problem: Error, CustomStringConvertible {
        package var description: String
    }

    package struct Family {
        package var name: String
        package var kind: String
        package var help: String
        /// Label text as it stands, empty without labels, by the sample's whole name.
        package var samples: [(name: String, labels: [String: String], value: Double)] = []
    }

    package private(set) var families: [Family] = []

    package init(_ text: String) throws {
        guard text.hasSuffix("\n") else { throw Problem(description: "the last line does not end") }
        var seen: Set<String> = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
            if line.hasPrefix("# HELP ") {
                let parts = line.dropFirst(7).split(separator: " ", maxSplits: 1)
                guard parts.count == 2, isName(parts[0]) else { throw Problem(description: "bad HELP: \(line)") }
                guard !families.contains(where: { $0.name == parts[0] }) else {
                    throw Problem(description: "\(parts[0]) is there twice")
                }
                families.append(Family(name: String(parts[0]), kind: "", help: String(parts[1])))
            } else if line.hasPrefix("# TYPE ") {
                let parts = line.dropFirst(7).split(separator: " ")
                guard parts.count == 2, let last = families.indices.last, families[last].name == parts[0],
                    ["counter", "gauge", "histogram", "summary"].contains(parts[1]), families[last].kind.isEmpty
                else { throw Problem(description: "bad TYPE: \(line)") }
                families[last].kind = String(parts[1])
            } else {
                let sample = try Self.sample(line)
                guard let last = families.indices.last, !families[last].kind.isEmpty,
                    families[last].allows(sample.name)
                else { throw Problem(description: "a sample outside its family: \(line)") }
                guard seen.insert("\(sample.name)\(sample.labels.sorted { $0.key < $1.key })").inserted else {
                    throw Problem(description: "a sample twice: \(line)")
                }
                families[last].samples.append(sample)
            }
        }
        for family in families {
            guard !family.kind.isEmpty else { throw Problem(description: "\(family.name) has no TYPE") }
            if family.kind == "counter", !family.name.hasSuffix("_total") {
                throw Problem(description: "the counter \(family.name) does not end in _total")
            }
            try family.checkBuckets()
        }
    }

    /// The one value of a sample; `nil` when there is none.
    package func value(_ name: String, _ labels: [String: String] = [:]) -> Double? {
        families.flatMap(\.samples).first { $0.name == name && $0.labels == labels }?.value
    }

    private static func sample(_ line: Substring) throws -> (name: String, labels: [String: String], value: Double) {
        let name = line.prefix { $0 != "{" && $0 != " " }
        guard isName(name) else { throw Problem(description: "bad name: \(line)") }
        var rest = line.dropFirst(name.count)
        var labels: [String: String] = [:]
        if rest.first == "{" {
            rest.removeFirst()
            while rest.first != "}" {
                let label = rest.prefix { $0 != "=" }
                rest = rest.dropFirst(label.count + 1)
                guard isName(label), rest.first == "\"" else { throw Problem(description: "bad label: \(line)") }
                rest.removeFirst()
                var value = ""
                while let character = rest.popFirst(), character != "\"" {
                    if character == "\\" {
                        switch rest.popFirst() {
                        case "n": value += "\n"
                        case "\\": value += "\\"
                        case "\"": value += "\""
                        default: throw Problem(description: "bad escape: \(line)")
                        }
                    } else {
                        value.append(character)
                    }
                }
                guard labels.updateValue(value, forKey: String(label)) == nil else {
                    throw Problem(description: "a label twice: \(line)")
                }
                if rest.first == "," { rest.removeFirst() }
                guard !rest.isEmpty else { throw Problem(description: "labels without end: \(line)") }
            }
            rest.removeFirst()
        }
        let number = rest.dropFirst()
        let words: [Substring: Double] = ["+Inf": Double.infinity, "-Inf": -Double.infinity, "NaN": Double.nan]
        guard rest.first == " ", !number.isEmpty, !number.contains(" "), let value = words[number] ?? Double(number)
        else { throw Problem(description: "bad value: \(line)") }
        return (String(name), labels, value)
    }
}

private func isName(_ text: Substring) -> Bool {
    guard let first = text.first, first.isASCII, first.isLetter || first == "_" else { return false }
    return text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
}

extension PrometheusText.Family {
    fileprivate func allows(_ sample: String) -> Bool {
        switch kind {
        case "histogram": ["_bucket", "_sum", "_count"].contains { sample == name + $0 }
        case "summary": ["_sum", "_count"].contains { sample == name + $0 } || sample == name
        default: sample == name
        }
    }

    fileprivate func checkBuckets() throws {
        guard kind == "histogram" else { return }
        var (last, bound) = (0.0, -Double.infinity)
        for bucket in samples where bucket.name == name + "_bucket" {
            guard let text = bucket.labels["le"], let end = text == "+Inf" ? Double.infinity : Double(text),
                end > bound,
                bucket.value >= last
            else { throw PrometheusText.Problem(description: "\(name) has buckets out of order") }
            (last, bound) = (bucket.value, end)
        }
        guard bound == .infinity, samples.first(where: { $0.name == name + "_count" })?.value == last else {
            throw PrometheusText.Problem(description: "\(name) does not end at +Inf with its count")
        }
    }
}
