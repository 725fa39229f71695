import Testing

@testable import FleetEnrolment

@Suite("The broker's access list")
struct AccessListTests {
    @Test("what is missing is added once, and a complete list stays as it is")
    func patterns() throws {
        var list = AccessList("user zubrd\ntopic read a\n\npattern  write   zubr/v1/%u/faults\n")
        #expect(
            list.completePatterns()
                == AccessList.patterns.filter { $0 != "pattern write zubr/v1/%u/faults" })
        let complete = list.text
        #expect(complete.hasPrefix("user zubrd\ntopic read a\n"))
        #expect(list.completePatterns().isEmpty)
        #expect(list.text == complete)
    }

    @Test("who is shut out is shut out once, and let in again whole")
    func denial() {
        let shipped = AccessList.patterns.joined(separator: "\n") + "\n"
        var list = AccessList(shipped)
        list.deny(["north/t2", "north/t1"])
        list.deny(["north/t1"])
        #expect(list.denied == ["north/t1", "north/t2"])
        #expect(list.text.split(separator: "\n").count { $0 == "user north/t1" } == 1)
        list.allow(["north/t1", "north/t9"])
        #expect(list.denied == ["north/t2"])
        list.allow(["north/t2"])
        #expect(list.text == shipped)
    }

    @Test("lines may end as on another system, and a letter's accent ends none")
    func lineEnds() {
        let shipped =
            AccessList.patterns.joined(separator: "\r\n") + "\r\nuser north/t1\r\ntopic deny zubr/v1/north/t1/#\r\n"
        var list = AccessList(shipped)
        #expect(list.denied == ["north/t1"])
        #expect(list.completePatterns().isEmpty)
        list.allow(["north/t1"])
        #expect(list.denied.isEmpty)
        #expect(AccessList("user a\n\u{301}\nuser b\ntopic deny zubr/v1/b/#").denied == ["b"])
    }

    @Test("a user with rules of its own is not one that is shut out")
    func otherUsers() {
        #expect(AccessList("user zubrd\ntopic read zubr/v1/+/+/telemetry\n").denied.isEmpty)
    }
}
