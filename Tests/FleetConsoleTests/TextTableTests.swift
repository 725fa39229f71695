import Testing

@testable import FleetConsole

@Suite("A table")
struct TextTableTests {
    static let table = TextTable(
        [.init("MACHINE"), .init("LOAD", number: true), .init("WHY", flexible: true)],
        rows: [
            ["Белово-1", "5", "not certified for BELAZ"],
            ["採掘", "1200", "near"],
        ])

    @Test("is aligned by what the eye sees, numbers to the right, and has no blanks at the end")
    func full() {
        #expect(
            TextTableTests.table.lines(width: nil, style: .plain) == [
                "MACHINE   LOAD  WHY",
                "Белово-1     5  not certified for BELAZ",
                "採掘      1200  near",
            ])
    }

    @Test("gives way in its flexible column first", arguments: [39, 38, 22])
    func narrow(width: Int) {
        let lines = TextTableTests.table.lines(width: width, style: .plain)
        #expect(lines.allSatisfy { displayWidth($0) <= width })
        #expect(lines[1].hasPrefix("Белово-1     5  not"))
        #expect(lines[1].hasSuffix("…") == (width < 39))
    }

    @Test("never gets wider than the screen, however narrow that is", arguments: 1...20)
    func tiny(width: Int) {
        #expect(TextTableTests.table.lines(width: width, style: .plain).allSatisfy { displayWidth($0) <= width })
    }

    @Test("colour changes nothing of the alignment", arguments: [nil, 30])
    func color(width: Int?) {
        var colored = TextTableTests.table
        colored.rows[0][1] = Cell("5", .alarm)
        let plain = colored.lines(width: width, style: .plain)
        let drawn = colored.lines(width: width, style: Style(hasColor: true)).map {
            $0.replacing(/\u{1B}\[[0-9;]*m/, with: "")
        }
        #expect(drawn == plain)
    }
}
