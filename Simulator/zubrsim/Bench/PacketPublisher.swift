import FleetModel
import FleetRuntime
import Foundation

/// Publishes a benchmark's messages with QoS 1 over a socket of its own.
///
/// It writes many packets with one call and reads many answers with one, where a client library takes several calls for
/// each: on a small machine the publisher shares the cores with broker and subscriber, and would take from them what a
/// fleet in the field does not. Belongs to one thread.
struct PacketPublisher {
    private let load: BenchLoad
    private let pace: BenchPace
    private let progress: BenchProgress
    private let socket: Int32
    private var output: [UInt8] = []
    private var written = 0
    private var time = BenchTime(BenchTime.placeholder)
    private var timeIsOf: Int64 = 0
    private var answers = [UInt8](repeating: 0, count: 16_384)
    private var answerBytes = 0

    /// Sent and unanswered at once, as the facts of this broker have it: more makes it slow.
    static let window = 200

    /// Publishes until it is told to stop, and then waits for the last answers.
    static func run(_ load: BenchLoad, at pace: BenchPace, port: Int, progress: BenchProgress) {
        do {
            var publisher = try PacketPublisher(load, pace, port: port, progress)
            defer { close(publisher.socket) }
            try publisher.run()
        } catch {
            progress.fail(CommandFailure("publishing failed: \(error)"))
        }
    }

    private init(_ load: BenchLoad, _ pace: BenchPace, port: Int, _ progress: BenchProgress) throws {
        self.load = load
        self.pace = pace
        self.progress = progress
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        try greet(port: port)
    }

    private func greet(port: Int) throws {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else { throw SocketFailure("connecting") }
        var yes: Int32 = 1
        setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
        // CONNECT of MQTT 3.1.1: clean session, no keep-alive.
        var hello: [UInt8] = [0x10]
        let id = "bench-publisher"
        hello.append(remainingLength: 10 + 2 + id.utf8.count)
        hello.append(mqtt: "MQTT")
        hello += [4, 2, 0, 0]
        hello.append(mqtt: id)
        guard send(socket, hello, hello.count, Int32(MSG_NOSIGNAL)) == hello.count else {
            throw SocketFailure("greeting")
        }
        var welcome = [UInt8](repeating: 0, count: 4)
        guard recv(socket, &welcome, 4, Int32(MSG_WAITALL)) == 4, welcome[0] == 0x20, welcome[3] == 0 else {
            throw SocketFailure("the broker's welcome")
        }
    }

    private mutating func run() throws {
        let start = monotonicNanoseconds()
        while !progress.mustStop {
            try fill(since: start)
            try turn()
        }
        let patience = monotonicNanoseconds() + 10_000_000_000
        while progress.acknowledged < progress.sent || written < output.count {
            guard monotonicNanoseconds() < patience else {
                throw CommandFailure(
                    "\(progress.sent - progress.acknowledged) messages stay without the broker's answer")
            }
            try turn()
        }
    }

    /// Puts into the output what may be sent now.
    private mutating func fill(since start: UInt64) throws {
        guard written == output.count else { return }
        output.removeAll(keepingCapacity: true)
        written = 0
        let now = monotonicNanoseconds()
        let next = progress.sent
        let due =
            switch pace {
            case .saturating(let limit): progress.consumed + limit - next
            case .fixed(let rate): Int(Double(now - start) / 1e9 * rate) + 1 - (next - progress.first)
            }
        let count = min(due, PacketPublisher.window - (next - progress.acknowledged))
        guard count > 0 else { return }
        let wall = Timestamp.systemNow()
        if wall.milliseconds != timeIsOf {
            timeIsOf = wall.milliseconds
            // All frames of a message are from before it.
            time = BenchTime(wall - BenchBody.step * load.body.frames)
        }
        for number in next..<next + count {
            // Never 0, and never that of a message still under way.
            load.append(number, id: UInt16(number % 65_535) + 1, at: time, to: &output)
            if case .fixed(let rate) = pace {
                // When it should have left, not when it did: what waits in us is latency too.
                progress.note(due: start + UInt64(Double(number - progress.first) / rate * 1e9))
            }
        }
        progress.sent = next + count
    }

    /// Writes, waits at most a millisecond for something to happen, and takes the broker's answers.
    private mutating func turn() throws {
        if written < output.count {
            let count = output.withUnsafeBytes {
                send(
                    socket, $0.baseAddress! + written, $0.count - written,
                    Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
            }
            guard count >= 0 || errno == EAGAIN else { throw SocketFailure("writing") }
            written += max(0, count)
        }
        // Woken for half a window of answers at once, or by the millisecond.
        var enough = Int32(PacketPublisher.window / 2 * 4)
        setsockopt(socket, SOL_SOCKET, SO_RCVLOWAT, &enough, socklen_t(MemoryLayout<Int32>.size))
        var watched = pollfd(
            fd: socket, events: Int16(POLLIN | (written < output.count ? POLLOUT : 0)), revents: 0)
        poll(&watched, 1, 1)
        let count = answers.withUnsafeMutableBytes {
            recv(socket, $0.baseAddress! + answerBytes, $0.count - answerBytes, Int32(MSG_DONTWAIT))
        }
        guard count > 0 || (count < 0 && errno == EAGAIN) else { throw SocketFailure("reading") }
        answerBytes += max(0, count)
        // PUBACK is four bytes, and nothing else comes to a client that subscribes to nothing.
        let whole = answerBytes / 4
        for index in 0..<whole where answers[index * 4] != 0x40 {
            throw CommandFailure("the broker answered a publish with packet type \(answers[index * 4] >> 4)")
        }
        if whole > 0 { progress.acknowledged += whole }
        answers.replaceSubrange(0..<answerBytes - whole * 4, with: Array(answers[whole * 4..<answerBytes]))
        answerBytes -= whole * 4
    }
}

/// What went wrong on a socket, with the system's reason.
private struct SocketFailure: Error, CustomStringConvertible {
    let description: String
    init(_ doing: String) { description = "\(doing): \(String(cString: strerror(errno)))" }
}
