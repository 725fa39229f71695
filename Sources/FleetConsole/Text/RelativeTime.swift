import FleetModel

/// `in 3 d`, `2 h ago`, `now`: how far a time is from the document's own.
package func relative(_ time: Timestamp, to now: Timestamp) -> String {
    let seconds = (time - now).inSeconds
    let span = span(abs(seconds))
    return span == "0 s" ? "now" : seconds > 0 ? "in \(span)" : "\(span) ago"
}

/// The unit in which it is neither a fraction nor a row of digits: `90 min`, `36 h`, `60 d`.
package func span(_ seconds: Double) -> String {
    switch seconds {
    case ..<90: "\(decimal(seconds, places: 0)) s"
    case ..<5_400: "\(decimal(seconds / 60, places: 0)) min"
    case ..<129_600: "\(decimal(seconds / 3_600, places: 0)) h"
    case ..<31_536_000: "\(decimal(seconds / 86_400, places: 0)) d"
    default: "\(decimal(seconds / 31_536_000, places: 1)) y"
    }
}

/// `12.3 MB`: bytes as people compare them, by thousands.
package func bytes(_ count: Int64) -> String {
    var value = Double(count)
    for unit in ["B", "kB", "MB", "GB"] {
        if value < 1_000 { return "\(decimal(value, places: unit == "B" ? 0 : 1)) \(unit)" }
        value /= 1_000
    }
    return "\(decimal(value, places: 1)) TB"
}
