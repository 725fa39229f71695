import FleetConsole
import FleetRuntime
import Glibc
import Support
import Testing

@testable import FleetAPI

@Suite("A caller who goes away")
struct CallerTests {
    private static let path = "/v1/query?equipment=kuzbass-coal/truck-17&signal="

    @Test("is not answered any more: the work for him ends")
    func goneAway() async throws {
        let fleet = CannedFleet()
        try await withServer(fleet) { client in
            var impatient = client
            impatient.totalTimeoutMilliseconds = 100
            let hasty = impatient
            // What is waited for would never come.
            let late = try? await hasty.ask("GET", CallerTests.path + "for_ever")
            #expect(late == nil)
            let hasEnded = await eventually { fleet.told.withLock { $0.abandoned } == 1 }
            #expect(hasEnded)
            // Others are answered as before.
            let answer = try await client.ask("GET", CallerTests.path + "speed")
            #expect(answer.status == 200)
        }
    }

    @Test("or reads nothing of his answer is not waited for, and one who reads slowly is")
    func readsNothing() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let path = folder.path + "/s"
        try await serve(CannedFleet(), on: path, silence: .seconds(1)) { _ in
            let deaf = try Caller(path)
            let slow = try Caller(path)
            for caller in [deaf, slow] { caller.ask(CallerTests.path + "large") }
            var read = 0
            while !deaf.isHungUp || read < 3 << 20 {
                let count = slow.read()
                #expect(count > 0)
                guard count > 0 else { break }
                read += count
                try await Task.sleep(for: .milliseconds(100))
            }
            #expect(read >= 3 << 20)
        }
    }

    /// A caller who reads when he is told to.
    private final class Caller {
        private let descriptor: Int32

        init(_ path: String) throws {
            descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
            let code = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
            try #require(code == 0)
        }

        deinit { close(descriptor) }

        func ask(_ path: String) {
            let request = Array("GET \(path) HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8)
            #expect(write(descriptor, request, request.count) == request.count)
        }

        /// Up to a quarter of a megabyte.
        func read() -> Int {
            var bytes = [UInt8](repeating: 0, count: 1 << 18)
            return Glibc.read(descriptor, &bytes, bytes.count)
        }

        var isHungUp: Bool {
            var question = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            return poll(&question, 1, 0) >= 0 && question.revents & Int16(POLLHUP) != 0
        }
    }
}
