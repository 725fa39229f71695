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

    @Test("or reads nothing of his answer is not waited for")
    func readsNothing() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let path = folder.path + "/s"
        try await serve(CannedFleet(), on: path, silence: .seconds(1)) { client in
            let caller = try Caller(path)
            caller.ask(CallerTests.path + "large")
            let isHungUp = await eventually { caller.isHungUp }
            #expect(isHungUp)
            // Others are answered as before.
            #expect(try await client.ask("GET", CallerTests.path + "speed").status == 200)
        }
    }

    /// A caller who reads nothing.
    private final class Caller {
        private let descriptor: Int32

        init(_ path: String) throws {
            descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            let code = withAddress(of: path) { connect(descriptor, $0, $1) }
            try #require(code == 0)
        }

        deinit { close(descriptor) }

        func ask(_ path: String) {
            let request = Array("GET \(path) HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8)
            #expect(write(descriptor, request, request.count) == request.count)
        }

        var isHungUp: Bool {
            var question = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            return poll(&question, 1, 0) >= 0 && question.revents & Int16(POLLHUP) != 0
        }
    }
}
