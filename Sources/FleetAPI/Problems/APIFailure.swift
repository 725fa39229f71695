/// What a caller did that cannot be answered.
enum APIFailure: Error, Hashable, Sendable {
    case unknownPath(String)
    case wrongMethod(String, allowed: [String])
    /// Which parameter, and what it takes.
    case badParameter(String, String)
    case badBody(String)
    case bodyTooLarge(limit: Int)
    case notJSON(String?)
    /// Answers that were asked for before wait for their readers.
    case tooManyAnswers
}
