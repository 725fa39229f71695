import Testing

@testable import FleetEnrolment

@Suite("The broker's password file")
struct PasswordFileTests {
    @Test(
        "who is removed is removed, and nobody else, whatever ends the lines",
        arguments: ["\n", "\r\n"])
    func removes(end: String) {
        var file = PasswordFile("north/t1:$7$a\(end)north/t2:$7$b\(end)north/t3:\u{301}$7$c\(end)")
        #expect(file.names == ["north/t1", "north/t2", "north/t3"])
        file.remove(["north/t1"])
        #expect(file.names == ["north/t2", "north/t3"])
        file.merge("north/t3:$7$d\nnorth/t4:$7$e\n")
        #expect(file.names == ["north/t2", "north/t3", "north/t4"])
        #expect(file.text.contains("north/t3:$7$d\n"))
        #expect(!file.text.contains("$7$c"))
    }
}
