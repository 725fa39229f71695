import Hummingbird
import NIOCore

/// An answer that is text as it stands, and not a document to be encoded.
struct TextPage: Encodable, Sendable {
    var bytes: [UInt8]
    var type: String

    init(bytes: [UInt8], type: String) {
        self.bytes = bytes
        self.type = type
    }

    init(text: String, type: String) { self.init(bytes: Array(text.utf8), type: type) }

    /// JSON that was written by hand.
    static func json(_ bytes: [UInt8]) -> TextPage { TextPage(bytes: bytes, type: "application/json") }

    /// A table for spreadsheets (RFC 4180).
    static func csv(_ bytes: [UInt8]) -> TextPage { TextPage(bytes: bytes, type: "text/csv; charset=utf-8") }

    /// The Prometheus text format.
    static func metrics(_ text: String) -> TextPage {
        TextPage(text: text, type: "text/plain; version=0.0.4; charset=utf-8")
    }
}

extension Response {
    init(_ page: TextPage, status: HTTPResponse.Status = .ok) {
        self.init(page.bytes, type: page.type, status: status)
    }

    /// Every answer is of this moment, and of the type it says.
    init(_ body: [UInt8], type: String, status: HTTPResponse.Status) {
        self.init(
            status: status,
            headers: [.contentType: type, .cacheControl: "no-store", .xContentTypeOptions: "nosniff"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
    }
}
