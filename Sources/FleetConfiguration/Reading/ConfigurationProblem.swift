/// One thing wrong in a configuration file: where it is, what is wrong and what to write instead.
package struct ConfigurationProblem: Sendable, Hashable, CustomStringConvertible {
    package var file: String
    /// From 1; `nil` when the file as a whole is meant.
    package var line: Int?
    package var column: Int?
    /// Where in the document: `machines[3].model`.
    package var key: String
    package var message: String
    /// `did you mean "BELAZ-7513R"?`
    package var suggestion: String?

    package init(
        file: String, line: Int? = nil, column: Int? = nil, key: String = "", message: String,
        suggestion: String? = nil
    ) {
        self.file = file
        self.line = line
        self.column = column
        self.key = key
        self.message = message
        self.suggestion = suggestion
    }

    /// As compilers print it, so that editors can jump to it.
    package var description: String {
        var text = file
        if let line { text += ":\(line)" }
        if let column { text += ":\(column)" }
        text += ": "
        if !key.isEmpty { text += "\(key): " }
        text += message
        if let suggestion { text += "; \(suggestion)" }
        return text
    }
}

/// Everything that is wrong with a configuration, found in one go.
///
/// A daemon starts with a whole configuration or not at all: half of one would silently watch half of a fleet.
package struct ConfigurationProblems: Error, Sendable, Hashable, CustomStringConvertible {
    package var problems: [ConfigurationProblem]

    package init(_ problems: [ConfigurationProblem]) { self.problems = problems }

    /// One problem a line, in the order of files and lines.
    package var description: String {
        problems.map(\.description).joined(separator: "\n")
    }
}
