import Hummingbird
import NIOCore

/// An answer that is no JSON document but text as it stands.
struct TextPage: Encodable, Sendable {
    var text: String
    var type: String

    /// The Prometheus text format.
    static func metrics(_ text: String) -> TextPage {
        TextPage(text: text, type: "text/plain; version=0.0.4; charset=utf-8")
    }
}

extension Response {
    init(_ page: TextPage, status: HTTPResponse.Status = .ok) {
        self.init(Array(page.text.utf8), type: page.type, status: status)
    }

    /// Every answer is of this moment, and of the type it says.
    init(_ body: [UInt8], type: String, status: HTTPResponse.Status) {
        self.init(
            status: status,
            headers: [.contentType: type, .cacheControl: "no-store", .xContentTypeOptions: "nosniff"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
    }
}
