/// Why a line is no point, and in which column, counted in bytes from 1.
package struct LineProtocolError: Error, Hashable, Sendable, CustomStringConvertible {
    package var problem: Problem
    package var column: Int

    package init(problem: Problem, column: Int) {
        self.problem = problem
        self.column = column
    }

    package var description: String { "column \(column): \(problem.rawValue)" }

    package enum Problem: String, CaseIterable, Sendable {
        case missingMeasurement = "the line does not start with a measurement's name"
        case missingTagKey = "a tag has no name"
        case missingTagValue = "a tag has no value"
        case missingFields = "a space and at least one field must follow"
        case missingFieldKey = "a field has no name"
        case missingFieldValue = "a field has no value"
        case missingEquals = "an equals sign is missing"
        case unescapedEquals = "an equals sign in a tag's value needs a backslash"
        case unterminatedString = "a string is not closed"
        case badInteger = "not a whole number that fits 64 bits"
        case badNumber = "not a number, true, false or a string in quotation marks"
        case badTime = "not a time in whole nanoseconds"
        case trailingCharacters = "something follows that does not belong here"
    }
}
