import FleetModel
import FleetRuntime
import HTTPTypes

/// A failure as the caller sees it: the only place where failures become HTTP.
///
/// What may be told is told with the next step. Anything else is `500` without its inside, which is in the log.
struct Problem: Sendable {
    var document: ProblemDocument
    var headers: HTTPFields = [:]
    /// For the log only; `nil` when the document says everything.
    var inside: String?

    static let retryAfterSeconds = 5

    init(_ failure: any Error) {
        switch failure {
        case let failure as APIFailure: self.init(failure)
        case let failure as StoreFailure: self.init(failure)
        case let rejection as Rejection:
            self.init(.unprocessableContent, rejection.description)
        default:
            self.init(
                .internalServerError, "something went wrong inside zubrd; its log says what",
                inside: String(reflecting: failure))
        }
    }

    private init(_ status: HTTPResponse.Status, _ detail: String, inside: String? = nil) {
        document = ProblemDocument(title: status.reasonPhrase, status: status.code, detail: detail)
        self.inside = inside
    }

    private init(_ failure: APIFailure) {
        switch failure {
        case .unknownPath(let path):
            self.init(.notFound, "there is nothing at \(path.prefix(200)); GET / lists what there is")
        case .wrongMethod(let method, let allowed):
            self.init(
                .methodNotAllowed,
                "\(method.prefix(20)) is not done here; this address takes \(allowed.joined(separator: ", "))")
            headers[.allow] = allowed.joined(separator: ", ")
        case .badParameter(let name, let reason):
            self.init(.badRequest, "parameter \(name.prefix(64)): \(reason)")
        case .badBody(let reason):
            self.init(.badRequest, "body: \(reason)")
        case .bodyTooLarge(let limit):
            self.init(.contentTooLarge, "the body is larger than \(limit) bytes; send it in parts")
        case .tooManyAnswers:
            self.init(
                .serviceUnavailable,
                "large answers to others have still to be read by them; ask again in some seconds"
            )
            headers[.retryAfter] = String(Problem.retryAfterSeconds)
        case .notJSON(let type):
            self.init(
                .unsupportedMediaType, "expected Content-Type application/json, found \((type ?? "none").prefix(100))")
        }
    }

    private init(_ failure: StoreFailure) {
        switch failure {
        case .notFound(let message):
            self.init(.notFound, message)
        case .conflict(let message):
            self.init(.conflict, message)
        case .tooMuch(let message):
            self.init(.unprocessableContent, message)
        case .diskFull:
            self.init(
                .serviceUnavailable, "the disk is full: nothing new is stored until there is room; try again then",
                inside: failure.message)
            headers[.retryAfter] = String(Problem.retryAfterSeconds)
        case .busy:
            self.init(.serviceUnavailable, "the database is busy; try again", inside: failure.message)
            headers[.retryAfter] = String(Problem.retryAfterSeconds)
        case .damaged, .foreign:
            self.init(
                .internalServerError, "the database cannot be read; zubrd's log says why", inside: failure.message)
        }
    }
}
