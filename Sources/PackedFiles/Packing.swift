/// How a file's bytes are packed; its name says so.
package enum Packing: String, CaseIterable, Sendable {
    case none = ""
    case gzip = ".gz"
    case xz = ".xz"
    case zstd = ".zst"

    package init(name: String) {
        self = Packing.allCases.first { $0 != .none && name.hasSuffix($0.rawValue) } ?? .none
    }

    /// A name without the ending that says how the file is packed.
    package static func plainName(_ name: String) -> String {
        String(name.dropLast(Packing(name: name).rawValue.count))
    }
}
