import FleetModel
import FoundationEssentials
import Glibc

/// What the system says of this process, under the names every Prometheus client uses.
package struct ProcessStanding: Sendable, Hashable {
    package var cpuSeconds: Double
    package var residentBytes: Double
    package var virtualBytes: Double
    package var threads: Double
    package var openDescriptors: Double
    package var maxDescriptors: Double
    /// Real time, seconds since 1970.
    package var startedAt: Double

    package init(
        cpuSeconds: Double, residentBytes: Double, virtualBytes: Double, threads: Double, openDescriptors: Double,
        maxDescriptors: Double, startedAt: Double
    ) {
        self.cpuSeconds = cpuSeconds
        self.residentBytes = residentBytes
        self.virtualBytes = virtualBytes
        self.threads = threads
        self.openDescriptors = openDescriptors
        self.maxDescriptors = maxDescriptors
        self.startedAt = startedAt
    }

    /// `nil` where there is no `/proc`.
    package static var own: ProcessStanding? {
        guard let fields = statFields() else { return nil }
        let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        let descriptors = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? 0
        return ProcessStanding(
            cpuSeconds: (fields[11] + fields[12]) / ticks,
            residentBytes: fields[21] * Double(sysconf(Int32(_SC_PAGESIZE))), virtualBytes: fields[20],
            threads: fields[17], openDescriptors: Double(descriptors), maxDescriptors: Double(limit.rlim_cur),
            startedAt: startedAt)
    }

    /// Read once, because the server's clock is slewed and set: a start that moves looks like another start.
    private static let startedAt: Double = {
        guard let fields = statFields() else { return 0 }
        // From the two clocks, because a hardened unit does not see /proc/stat.
        let start =
            seconds(CLOCK_REALTIME) - (seconds(CLOCK_BOOTTIME) - fields[19] / Double(sysconf(Int32(_SC_CLK_TCK))))
        // More than a clock tick is not known.
        return (start * 100).rounded() / 100
    }()

    /// Of `/proc/self/stat`, counted from the state, field 3 of proc(5): the program's name before it may hold anything.
    private static func statFields() -> [Double]? {
        guard let bytes = FileManager.default.contents(atPath: "/proc/self/stat"),
            let name = bytes.lastIndex(of: UInt8(ascii: ")"))
        else { return nil }
        let fields = bytes[(name + 1)...].split(separator: UInt8(ascii: " ")).map {
            Double(String(decoding: $0, as: UTF8.self)) ?? 0
        }
        return fields.count > 21 ? fields : nil
    }

    private static func seconds(_ clock: clockid_t) -> Double {
        let (seconds, nanoseconds) = systemClock(clock)
        return Double(seconds) + Double(nanoseconds) / 1e9
    }
}
