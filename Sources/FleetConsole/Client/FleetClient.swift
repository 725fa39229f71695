import CCurl
import FleetRuntime

/// Asks a running daemon over its Unix socket.
package struct FleetClient: Sendable {
    package var socket: String
    package var connectTimeoutMilliseconds = 2_000
    /// Longer than the daemon's own bound on a read.
    package var totalTimeoutMilliseconds = 30_000

    package init(socket: String) { self.socket = socket }

    static let answerLimit = 64 << 20

    package func get<Document: Decodable>(
        _ path: String, _ query: [(name: String, value: String)] = [], as type: Document.Type = Document.self
    ) throws(ClientFailure) -> Document {
        try understood(exchange("GET", FleetClient.address(path, query), body: nil, contentType: nil))
    }

    /// An answer as it came, for those that are no documents.
    package func bytes(_ path: String, _ query: [(name: String, value: String)]) throws(ClientFailure) -> [UInt8] {
        let answer = try exchange("GET", FleetClient.address(path, query), body: nil, contentType: nil)
        guard answer.status == 200 else {
            let problem: ProblemDocument? = try? DocumentCoding.decode(from: answer.body)
            throw problem.map { .refused($0) } ?? .notUnderstood("status \(answer.status)")
        }
        return answer.body
    }

    package func post<Document: Decodable>(
        _ path: String, _ document: some Encodable, as type: Document.Type = Document.self
    ) throws(ClientFailure) -> Document {
        let body: [UInt8]
        do {
            body = try DocumentCoding.encode(document)
        } catch {
            throw .notUnderstood("what was to be sent is no JSON: \(error)")
        }
        return try understood(exchange("POST", path, body: body, contentType: "application/json"))
    }

    /// What came back, whatever its status.
    package struct Answer: Sendable {
        package var status: Int
        package var contentType: String
        package var headers: String
        package var body: [UInt8]
    }

    /// One request as it is given; blocks until the answer is complete.
    package func exchange(
        _ method: String, _ path: String, body: [UInt8]?, contentType: String?
    ) throws(ClientFailure) -> Answer {
        var raw = zubr_curl_answer()
        defer { zubr_curl_release(&raw) }
        perform(method, "http://zubrd\(path)", body, contentType, &raw)
        let failure = withUnsafeBytes(of: raw.failure, FleetClient.text)
        switch Int(raw.outcome) {
        case ZUBR_CURL_OK: break
        case ZUBR_CURL_UNREACHABLE: throw .unreachable(socket: socket, failure)
        case ZUBR_CURL_TIMED_OUT: throw .timedOut(socket: socket)
        case ZUBR_CURL_TOO_LARGE: throw .notUnderstood("it is larger than \(FleetClient.answerLimit) bytes")
        default: throw .notUnderstood(failure)
        }
        return Answer(
            status: raw.status, contentType: withUnsafeBytes(of: raw.content_type, FleetClient.text),
            headers: String(
                decoding: UnsafeRawBufferPointer(start: raw.headers, count: raw.headers_length), as: UTF8.self),
            body: Array(UnsafeBufferPointer(start: raw.body, count: raw.body_length)))
    }

    private func perform(
        _ method: String, _ url: String, _ body: [UInt8]?, _ contentType: String?, _ answer: inout zubr_curl_answer
    ) {
        func run(_ type: UnsafePointer<CChar>?, _ bytes: UnsafePointer<UInt8>?) {
            socket.withCString { socket in
                method.withCString { method in
                    url.withCString { url in
                        var request = zubr_curl_request(
                            socket_path: socket, method: method, url: url, content_type: type, body: bytes,
                            body_length: body?.count ?? 0, answer_limit: FleetClient.answerLimit,
                            connect_timeout_milliseconds: connectTimeoutMilliseconds,
                            total_timeout_milliseconds: totalTimeoutMilliseconds)
                        zubr_curl_perform(&request, &answer)
                    }
                }
            }
        }
        func withType(_ bytes: UnsafePointer<UInt8>?) {
            if let contentType { contentType.withCString { run($0, bytes) } } else { run(nil, bytes) }
        }
        if let body {
            // An empty array has no address, and a null body means none.
            (body.isEmpty ? [0] : body).withUnsafeBufferPointer { withType($0.baseAddress) }
        } else {
            withType(nil)
        }
    }

    private func understood<Document: Decodable>(_ answer: Answer) throws(ClientFailure) -> Document {
        do {
            guard answer.status == 200 else {
                throw ClientFailure.refused(try DocumentCoding.decode(from: answer.body))
            }
            return try DocumentCoding.decode(from: answer.body)
        } catch let failure as ClientFailure {
            throw failure
        } catch {
            throw .notUnderstood("status \(answer.status): \(error)")
        }
    }

    /// The path with its parameters, everything but unreserved characters in percent form.
    static func address(_ path: String, _ query: [(name: String, value: String)]) -> String {
        guard !query.isEmpty else { return path }
        return path + "?" + query.map { "\($0.name)=\(escaped($0.value))" }.joined(separator: "&")
    }

    static func escaped(_ text: String) -> String {
        text.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                String(UnicodeScalar(byte))
            default: "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }.joined()
    }

    private static func text(_ bytes: UnsafeRawBufferPointer) -> String {
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
}
