import FleetConsole
import FleetModel
import FleetRuntime
import Foundation
import Logging
import ServiceLifecycle

@testable import FleetAPI

/// A folder of its own under the temporary one; a socket's path must be short.
struct TemporaryFolder {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "zubr-" + UUID().uuidString.prefix(8)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    func remove() { try? FileManager.default.removeItem(atPath: path) }
}

/// Runs the real server on a real socket for as long as `body` takes, then shuts it down as a daemon would.
func withServer(
    _ fleet: CannedFleet = CannedFleet(),
    retry: (@Sendable ([Int64]) async throws -> RetryDocument)? = nil,
    _ body: @Sendable @escaping (FleetClient) async throws -> Void
) async throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    try await serve(fleet, on: folder.path + "/s", retry: retry, body)
}

func serve(
    _ fleet: CannedFleet, on socket: String, retry: (@Sendable ([Int64]) async throws -> RetryDocument)? = nil,
    silence: Duration = .seconds(30),
    _ body: @Sendable @escaping (FleetClient) async throws -> Void
) async throws {
    let (listening, announce) = AsyncStream.makeStream(of: Void.self)
    let server = FleetServer(
        reader: fleet, registry: fleet, status: { CannedFleet.status },
        metrics: { CannedFleet.metrics }, retry: retry ?? { fleet.retry($0) },
        now: { CannedFleet.now }, socket: socket, silence: silence, onListening: { announce.finish() })
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let group = ServiceGroup(configuration: .init(services: [.init(service: server)], logger: logger))
    try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask {
            defer { announce.finish() }
            try await group.run()
        }
        for await _ in listening {}
        do {
            try await body(FleetClient(socket: socket))
        } catch {
            await group.triggerGracefulShutdown()
            throw error
        }
        await group.triggerGracefulShutdown()
        try await tasks.waitForAll()
    }
}

extension FleetClient {
    /// The blocking exchange on a thread of its own: the server needs the shared ones.
    func ask(
        _ method: String, _ path: String, body: String? = nil, contentType: String? = "application/json"
    ) async throws -> Answer {
        try await ask(method, path, bytes: body.map { Array($0.utf8) }, contentType: contentType)
    }

    func ask(_ method: String, _ path: String, bytes: [UInt8]?, contentType: String?) async throws -> Answer {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(
                    with: Result {
                        try exchange(method, path, body: bytes, contentType: bytes == nil ? nil : contentType)
                    })
            }
        }
    }
}

extension FleetClient.Answer {
    var text: String { String(decoding: body, as: UTF8.self) }
    func document<Document: Decodable>(_ type: Document.Type = Document.self) throws -> Document {
        try DocumentCoding.decode(type, from: body)
    }
}

/// Calls `body` with the address of a Unix socket, as the system's calls take it.
func withAddress(of path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    return withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
    }
}
