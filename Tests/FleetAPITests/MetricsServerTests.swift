import FleetConsole
import FleetModel
import FleetRuntime
import Foundation
import Logging
import ServiceLifecycle
import Support
import Testing

@testable import FleetAPI

@Suite("The metrics page")
struct MetricsServerTests {
    @Test("is on the socket, in Prometheus's own form")
    func onSocket() async throws {
        try await withServer { client in
            let answer = try await client.ask("GET", "/metrics")
            #expect(answer.status == 200)
            #expect(answer.contentType == "text/plain; version=0.0.4; charset=utf-8")
            #expect(answer.text == CannedFleet.metrics)
            #expect(try await client.ask("GET", "/metrics?all=1").status == 400)
        }
    }

    @Test("is on its port, and nothing else is")
    func onPort() async throws {
        let gauges = DaemonGauges()
        let port = try freePort()
        try await withMetrics(on: port, gauges) {
            let page = try #require(await fetch(port, "/metrics"))
            #expect(page.status == 200)
            #expect(page.text == CannedFleet.metrics)
            #expect(page.type == "text/plain; version=0.0.4; charset=utf-8")
            #expect(await fetch(port, "/v1/status")?.status == 404)
            #expect(await fetch(port, "/")?.status == 404)
            #expect(await fetch(port, "/metrics", method: "POST")?.status == 405)
            #expect(gauges.problems.isEmpty)
        }
    }

    @Test("a port that is taken is told, ends nothing, and is taken when it becomes free")
    func portTaken() async throws {
        let port = try freePort()
        let gauges = DaemonGauges()
        let holder = try listening(on: port)
        try await withMetrics(on: port, gauges, isTaken: true) {
            #expect(await eventually { gauges.problems.first?.contains("127.0.0.1:\(port)") == true })
            close(holder)
            #expect(await eventually { await fetch(port, "/metrics")?.status == 200 })
            #expect(await eventually { gauges.problems.isEmpty })
        }
    }

    private func withMetrics(
        on port: Int, _ gauges: DaemonGauges, isTaken: Bool = false, _ body: () async throws -> Void
    ) async throws {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let server = MetricsServer(
            MetricsSettings(host: "127.0.0.1", port: port), metrics: { CannedFleet.metrics }, gauges: gauges,
            clock: HastyClock(), logger: logger)
        let group = ServiceGroup(configuration: .init(services: [.init(service: server)], logger: logger))
        let running = Task { try await group.run() }
        if !isTaken { #expect(await eventually { await fetch(port, "/metrics") != nil }) }
        do {
            try await body()
        } catch {
            await group.triggerGracefulShutdown()
            throw error
        }
        await group.triggerGracefulShutdown()
        try await running.value
    }
}

/// A clock on which no wait is long.
private struct HastyClock: Clock {
    var now: ContinuousClock.Instant { .now }
    var minimumResolution: Duration { .zero }
    func sleep(until deadline: ContinuousClock.Instant, tolerance: Duration?) async throws {
        try await Task.sleep(for: .milliseconds(20))
    }
}

private struct Fetched: Sendable {
    var status: Int
    var type: String
    var text: String
}

/// One request over TCP, as any client would send it; `nil` when nobody answers.
private func fetch(_ port: Int, _ path: String, method: String = "GET") async -> Fetched? {
    await withCheckedContinuation { continuation in
        Thread.detachNewThread {
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
            defer { close(descriptor) }
            guard withLoopback(port, { connect(descriptor, $0, $1) }) == 0 else {
                return continuation.resume(returning: nil)
            }
            let request =
                "\(method) \(path) HTTP/1.1\r\nHost: metrics\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            _ = request.withCString { write(descriptor, $0, strlen($0)) }
            var bytes: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while case let count = read(descriptor, &buffer, buffer.count), count > 0 { bytes += buffer[..<count] }
            let answer = String(decoding: bytes, as: UTF8.self)
            guard let end = answer.range(of: "\r\n\r\n"), let status = Int(answer.dropFirst(9).prefix(3)) else {
                return continuation.resume(returning: nil)
            }
            let type = answer[..<end.lowerBound].components(separatedBy: "\r\n")
                .first { $0.lowercased().hasPrefix("content-type: ") }?.dropFirst(14)
            continuation.resume(
                returning: Fetched(status: status, type: String(type ?? ""), text: String(answer[end.upperBound...])))
        }
    }
}

private func withLoopback(_ port: Int, _ deed: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { deed($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
    }
}

/// A listening socket on the loopback port, 0 for any.
private func listening(on port: Int) throws -> Int32 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    try #require(withLoopback(port) { bind(descriptor, $0, $1) } == 0 && listen(descriptor, 1) == 0)
    return descriptor
}

private func freePort() throws -> Int {
    let descriptor = try listening(on: 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    withUnsafeMutablePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = getsockname(descriptor, $0, &size) }
    }
    return Int(UInt16(bigEndian: address.sin_port))
}
