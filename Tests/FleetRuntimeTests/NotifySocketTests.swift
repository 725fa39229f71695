import FleetRuntime
import Foundation
import Support
import Testing

@Suite("the service manager's socket")
struct NotifySocketTests {
    @Test(
        "each notice is the line that sd_notify(3) knows",
        arguments: [
            (ServiceNotice.ready, "READY=1"), (.stopping, "STOPPING=1"), (.alive, "WATCHDOG=1"),
            (.reloading(atMicroseconds: 17), "RELOADING=1\nMONOTONIC_USEC=17"),
            (.status("storing"), "STATUS=storing"),
            // A cause may have come from a broker: it must not be able to say READY.
            (.status("lost\nREADY=1\r\nX"), "STATUS=lost READY=1 X"),
        ])
    func words(notice: ServiceNotice, text: String) {
        #expect(notice.text == text)
    }

    @Test("a message arrives at a path and at an abstract name, as one datagram", arguments: [true, false])
    func arrives(isAbstract: Bool) throws {
        let folder = TemporaryFolder()
        let listener = NoticeListener(isAbstract ? "@zubr-\(UUID().uuidString)" : "\(folder.path)/notify")
        let socket = try #require(NotifySocket(["NOTIFY_SOCKET": listener.address]))
        socket.tell(.status("storing"), .alive)
        #expect(listener.next() == "STATUS=storing\nWATCHDOG=1")
        #expect(listener.next() == nil)
    }

    @Test("nobody who listens is no trouble")
    func nobody() throws {
        let folder = TemporaryFolder()
        try #require(NotifySocket(["NOTIFY_SOCKET": "\(folder.path)/nobody"])).tell(.ready)
    }

    @Test(
        "what names no socket is none",
        arguments: [
            [:], ["NOTIFY_SOCKET": ""], ["NOTIFY_SOCKET": "@"], ["NOTIFY_SOCKET": "relative"],
            ["NOTIFY_SOCKET": "/" + String(repeating: "x", count: 107)],
        ])
    func none(environment: [String: String]) {
        #expect(NotifySocket(environment) == nil)
    }

    @Test("the longest name there can be is one")
    func longest() {
        #expect(NotifySocket(["NOTIFY_SOCKET": "/" + String(repeating: "x", count: 106)]) != nil)
    }

    @Test(
        "the watchdog's interval counts when it is meant for this process",
        arguments: [
            ([:], nil), (["WATCHDOG_USEC": "120000000"], Duration.seconds(120)),
            (["WATCHDOG_USEC": "120000000", "WATCHDOG_PID": "17"], .seconds(120)),
            (["WATCHDOG_USEC": "120000000", "WATCHDOG_PID": "18"], nil),
            (["WATCHDOG_USEC": "0"], nil), (["WATCHDOG_USEC": "soon"], nil),
        ] as [([String: String], Duration?)])
    func watchdog(environment: [String: String], interval: Duration?) {
        #expect(NotifySocket.watchdogInterval(environment, process: 17) == interval)
    }
}
