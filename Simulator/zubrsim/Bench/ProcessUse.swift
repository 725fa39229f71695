import FleetModel
import Foundation

/// What the system has counted of a process.
struct ProcessUse: Sendable {
    /// On a core, in itself and in the kernel for it.
    var cpuSeconds = 0.0
    var residentMegabytes = 0.0
    var residentMegabytesMax = 0.0

    /// All zero when it has ended.
    init(of id: pid_t) {
        // The program's name stands in parentheses and may have spaces in it.
        let stat = ProcessUse.text("/proc/\(id)/stat")
        let fields = stat[(stat.lastIndex(of: ")") ?? stat.startIndex)...].split(separator: " ")
        if fields.count > 13, let user = Double(fields[12]), let system = Double(fields[13]) {
            cpuSeconds = (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
        }
        for line in ProcessUse.text("/proc/\(id)/status").split(separator: "\n") {
            let words = line.split(whereSeparator: \.isWhitespace)
            guard words.count == 3, let kilobytes = Double(words[1]) else { continue }
            if words[0] == "VmRSS:" { residentMegabytes = kilobytes / 1_024 }
            if words[0] == "VmHWM:" { residentMegabytesMax = kilobytes / 1_024 }
        }
    }

    static func text(_ path: String) -> String { (try? String(contentsOfFile: path, encoding: .utf8)) ?? "" }
}
