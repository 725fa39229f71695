import FleetRuntime
import Hummingbird
import NIOCore

/// An answer that is text as it stands, and not a document to be encoded.
struct TextPage: Encodable, Sendable {
    /// Bytes that are given to the connection before it is asked whether it takes more.
    static let writtenAtOnce = 32 << 10

    var text: WrittenText
    var type: String

    init(_ text: WrittenText, type: String) {
        self.text = text
        self.type = type
    }

    /// Among documents it is one text.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(String(decoding: text.bytes, as: UTF8.self))
    }

    init(text: String, type: String) {
        var sink = TextSink()
        sink.append(text)
        self.init(sink.text(), type: type)
    }

    /// JSON that was written by hand.
    static func json(_ text: WrittenText) -> TextPage { TextPage(text, type: "application/json") }

    /// A table for spreadsheets (RFC 4180).
    static func csv(_ text: WrittenText) -> TextPage { TextPage(text, type: "text/csv; charset=utf-8") }

    /// The Prometheus text format.
    static func metrics(_ text: String) -> TextPage {
        TextPage(text: text, type: "text/plain; version=0.0.4; charset=utf-8")
    }
}

extension Response {
    init(_ page: TextPage, status: HTTPResponse.Status = .ok) {
        let text = page.text
        let body =
            text.pieceCount == 1
            ? ResponseBody(byteBuffer: text.withPiece(0) { ByteBuffer(bytes: $0) })
            : ResponseBody(contentLength: text.count) { writer in
                // Piece by piece: who asked reads the first while the next is on its way.
                for piece in 0..<text.pieceCount {
                    for start in stride(from: 0, to: text.withPiece(piece, \.count), by: TextPage.writtenAtOnce) {
                        try await writer.write(
                            text.withPiece(piece) {
                                ByteBuffer(bytes: $0.dropFirst(start).prefix(TextPage.writtenAtOnce))
                            })
                    }
                }
                try await writer.finish(nil)
            }
        self.init(status: status, type: page.type, body: body)
    }

    init(_ body: [UInt8], type: String, status: HTTPResponse.Status) {
        self.init(status: status, type: type, body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
    }

    /// Every answer is of this moment, and of the type it says.
    private init(status: HTTPResponse.Status, type: String, body: ResponseBody) {
        self.init(
            status: status,
            headers: [.contentType: type, .cacheControl: "no-store", .xContentTypeOptions: "nosniff"], body: body)
    }
}
