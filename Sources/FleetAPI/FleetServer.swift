import FleetModel
import FleetRuntime
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle

/// What people and programs ask the daemon: a small HTTP API on a Unix socket.
///
/// Who may open the socket may ask everything: it belongs to the daemon's user and group (mode 0660).
package struct FleetServer: Service {
    private let desk: FleetDesk
    private let socket: SocketFile
    private let onListening: @Sendable () async -> Void
    private let logger: Logger
    private let callers = CallerWatch()
    /// A caller that says nothing, or reads nothing, for this long is gone, or means us ill.
    private let silence: Duration

    /// - Parameters:
    ///   - retry: takes quarantined messages by their numbers and tries them again.
    ///   - onListening: called once, when the socket answers.
    package init(
        reader: any FleetReader, registry: any FleetRegistry, status: @escaping @Sendable () async -> StatusDocument,
        metrics: @escaping @Sendable () async -> String,
        retry: @escaping @Sendable ([Int64]) async throws -> RetryDocument, now: @escaping @Sendable () -> Timestamp,
        socket: String, silence: Duration = .seconds(30), logger: Logger = Logger(label: "zubrd.api"),
        onListening: @escaping @Sendable () async -> Void = {}
    ) {
        desk = FleetDesk(reader: reader, registry: registry, status: status, metrics: metrics, retry: retry, now: now)
        self.socket = SocketFile(socket)
        self.silence = silence
        self.onListening = onListening
        self.logger = logger
    }

    /// Serves until graceful shutdown; requests under way are answered first.
    package func run() async throws {
        try socket.clear()
        defer { socket.remove() }
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .notice)
        let application = Application(
            responder: CallbackResponder<CallContext> { request, context in
                await respond(to: request, on: context.channel, logger: context.logger)
            },
            server: HTTPServerBuilder { [callers, silence] responder in
                ConnectionsOnTheirThreads(
                    inner: HTTP1Channel(
                        responder: responder,
                        configuration: .init(
                            additionalChannelHandlers: callers.handlers(silence: TimeAmount(silence)),
                            idleTimeout: TimeAmount(silence))))
            },
            configuration: ApplicationConfiguration(
                address: .unixDomainSocket(path: socket.path),
                availableConnectionsDelegate: MaximumAvailableConnections(FleetServer.connectionLimit)),
            onServerRunning: { _ in
                do {
                    try socket.claim()
                } catch {
                    logger.error("\(error)")
                }
                await onListening()
            },
            logger: quiet)
        try await application.run()
    }

    static let connectionLimit = 64

    private func respond(to request: Request, on channel: any Channel, logger: Logger) async -> Response {
        do {
            let answer = try await answer(to: request, on: channel)
            if let page = answer as? TextPage { return Response(page) }
            return try json(answer, status: .ok)
        } catch {
            let problem = Problem(error)
            if let inside = problem.inside {
                logger.error("\(request.method) \(request.uri.path): \(inside)")
            }
            return refusal(problem)
        }
    }

    private func answer(
        to request: Request, on channel: any Channel
    ) async throws -> any Encodable & Sendable {
        let path = request.uri.path
        switch RouteTable.lookup(method: request.method.rawValue, path: path) {
        case .unknown: throw APIFailure.unknownPath(path)
        case .wrongMethod(let allowed): throw APIFailure.wrongMethod(request.method.rawValue, allowed: allowed)
        case .found(let route, let segments):
            let query = try Query(request.uri.query, allowed: route.parameters, repeatable: route.repeatable)
            guard route.method == .post else {
                return try await callers.during(channel) { [desk] in
                    try await route.answer(Call(segments: segments, query: query, body: []), desk)
                }
            }
            // What somebody tells is done, whether or not they wait for the answer.
            let body = try await body(of: request, limit: route.bodyLimit)
            return try await route.answer(Call(segments: segments, query: query, body: body), desk)
        }
    }

    private func body(of request: Request, limit: Int) async throws -> [UInt8] {
        let type = request.headers[.contentType]
        guard type?.split(separator: ";").first.map({ $0.lowercased() }) == "application/json" else {
            throw APIFailure.notJSON(type)
        }
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > limit {
            throw APIFailure.bodyTooLarge(limit: limit)
        }
        do {
            let buffer = try await request.body.collect(upTo: limit)
            return Array(buffer.readableBytesView)
        } catch is NIOTooManyBytesError {
            throw APIFailure.bodyTooLarge(limit: limit)
        }
    }

    private func json(_ document: any Encodable & Sendable, status: HTTPResponse.Status) throws -> Response {
        response(try DocumentCoding.encode(document), type: "application/json", status: status)
    }

    private func refusal(_ problem: Problem) -> Response {
        let status = HTTPResponse.Status(code: problem.document.status)
        // A document of two texts and a number always encodes.
        let body = (try? DocumentCoding.encode(problem.document)) ?? []
        var refusal = response(body, type: "application/problem+json", status: status)
        refusal.headers.append(contentsOf: problem.headers)
        return refusal
    }

    private func response(_ body: [UInt8], type: String, status: HTTPResponse.Status) -> Response {
        Response(body, type: type, status: status)
    }
}
