import Foundation

/// The seeds a test run takes.
enum SeedList {
    /// The kept ones first, then `ZUBR_SEED` alone, or 1 to `ZUBR_SEEDS` (200 when it is not set).
    static func fromEnvironment() -> [UInt64] {
        let environment = ProcessInfo.processInfo.environment
        if let one = environment["ZUBR_SEED"].flatMap(UInt64.init) { return [one] }
        let count = environment["ZUBR_SEEDS"].flatMap(UInt64.init) ?? 200
        return kept + (1...max(1, count)).filter { !kept.contains($0) }
    }

    /// `Seeds/kept.txt`, without its comments.
    static let kept: [UInt64] = {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Seeds/kept.txt")
        let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { line in
            guard let seed = line.split(separator: " ").first.flatMap({ UInt64($0) }) else {
                preconditionFailure("Seeds/kept.txt: not a seed: \(line)")
            }
            return seed
        }
    }()
}
