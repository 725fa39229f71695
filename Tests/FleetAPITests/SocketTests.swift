import FleetConsole
import FleetRuntime
import Foundation
import Testing

@testable import FleetAPI

@Suite("The socket is the daemon's alone, and gone with it")
struct SocketTests {
    @Test("owner and group may use it, nobody else; shutdown removes it")
    func modeAndRemoval() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let socket = folder.path + "/s"
        try await serve(CannedFleet(), on: socket) { _ in
            var status = stat()
            #expect(lstat(socket, &status) == 0)
            #expect(status.st_mode & 0o777 == 0o660)
        }
        #expect(!FileManager.default.fileExists(atPath: socket))
    }

    @Test("what a killed daemon left is replaced")
    func stale() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let socket = folder.path + "/s"
        try leaveStaleSocket(at: socket)
        try await serve(CannedFleet(), on: socket) { client in
            let answer = try await client.ask("GET", "/v1/status")
            #expect(answer.status == 200)
        }
    }

    @Test("a second daemon is refused and the first goes on")
    func taken() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let socket = folder.path + "/s"
        try await serve(CannedFleet(), on: socket) { client in
            await #expect(throws: SocketFailure.inUse(socket)) {
                try await serve(CannedFleet(), on: socket) { _ in }
            }
            let answer = try await client.ask("GET", "/v1/status")
            #expect(answer.status == 200)
        }
    }

    @Test("a file that is no socket is left alone")
    func foreignFile() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let path = folder.path + "/s"
        try "mine".write(toFile: path, atomically: true, encoding: .utf8)
        await #expect(throws: SocketFailure.notASocket(path)) { try await serve(CannedFleet(), on: path) { _ in } }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "mine")
    }

    @Test("a path that Linux would cut off is refused", arguments: [(107, false), (108, true)])
    func length(bytes: Int, isRefused: Bool) {
        let path = "/nonexistent/" + String(repeating: "s", count: bytes - 13)
        #expect(isRefused == ((try? SocketFile(path).clear()) == nil))
    }

    @Test("without a daemon the client says that nobody answers and where")
    func unreachable() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let client = FleetClient(socket: folder.path + "/s")
        let failure = #expect(throws: ClientFailure.self) { try client.get("/v1/status", as: StatusDocument.self) }
        #expect(failure?.isUnreachable == true)
        #expect(failure?.description.contains(folder.path + "/s") == true)
    }

    @Test("the client reads a refusal as one")
    func refusal() async throws {
        try await withServer { client in
            let result = await withCheckedContinuation { continuation in
                Thread.detachNewThread {
                    continuation.resume(
                        returning: Result { try client.get("/v1/gap", as: StatusDocument.self) }.map { _ in 0 })
                }
            }
            let failure = #expect(throws: ClientFailure.self) { try result.get() }
            #expect(failure?.isUnreachable == false)
            #expect(failure?.description.contains("404 Not Found") == true)
        }
    }

    private func leaveStaleSocket(at path: String) throws {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        let bound = withAddress(of: path) { bind(descriptor, $0, $1) }
        try #require(bound == 0)
    }
}
