import FleetModel
import Testing

@testable import FleetConsole

@Suite("Text on a screen")
struct TextTests {
    @Test(
        "a text is as wide as the eye sees it",
        arguments: [
            ("", 0), ("truck", 5), ("Белово", 6), ("é", 1), ("e\u{301}", 1), ("採掘", 4), ("🚜", 2), ("·…≥", 3),
        ])
    func width(text: String, columns: Int) {
        #expect(displayWidth(text) == columns)
    }

    @Test(
        "a text that is too wide ends in an ellipsis and fits",
        arguments: [
            ("truck-17", 8, "truck-17"), ("truck-17", 7, "truck-…"), ("truck", 1, "…"), ("truck", 0, ""),
            ("採掘機", 5, "採掘…"), ("採掘機", 4, "採…"), ("", 0, ""),
        ])
    func truncation(text: String, width: Int, shown: String) {
        #expect(truncated(text, to: width) == shown)
        #expect(displayWidth(truncated(text, to: width)) <= width)
    }

    @Test(
        "nothing from outside can steer the terminal",
        arguments: [
            ("plain", "plain"), ("a\u{1B}[2Jb", "a·[2Jb"), ("a\nb\r\tc", "a·b··c"), ("a\u{7F}\u{9B}b", "a··b"),
            ("a\u{202E}b", "a·b"), ("Белово", "Белово"),
        ])
    func control(text: String, shown: String) {
        #expect(harmless(text) == shown)
        #expect(Cell(text).text == shown)
    }

    @Test(
        "times are told from now, in the unit one would say",
        arguments: [
            (0, "now"), (0.4, "now"), (-0.4, "now"), (1, "in 1 s"), (-1, "1 s ago"), (89, "in 89 s"), (90, "in 2 min"),
            (-5_399, "90 min ago"), (5_400, "in 2 h"), (129_599, "in 36 h"), (129_600, "in 2 d"),
            (-259_200, "3 d ago"), (31_535_999, "in 365 d"), (31_536_000, "in 1.0 y"),
        ] as [(Double, String)])
    func relativeTime(seconds: Double, text: String) {
        let now = Timestamp(seconds: 1_000_000_000)
        #expect(relative(now + .seconds(seconds), to: now) == text)
    }

    @Test(
        "bytes are told in their unit",
        arguments: [
            (0, "0 B"), (999, "999 B"), (1_000, "1.0 kB"), (64_000_000, "64.0 MB"), (2_500_000_000_000, "2.5 TB"),
        ]
            as [(Int64, String)])
    func byteCounts(count: Int64, text: String) {
        #expect(bytes(count) == text)
    }

    @Test(
        "a number is told without what says nothing",
        arguments: [(4_210.5, "4210.5"), (3, "3"), (0.1234, "0.123"), (-2.50, "-2.5"), (100, "100")])
    func numbers(value: Double, text: String) {
        #expect(trimmedNumber(value) == text)
    }

    @Test("colour is drawn only where it is wanted, and plain text never is")
    func style() {
        #expect(Style.plain("critical", .alarm) == "critical")
        #expect(Style(hasColor: true)("critical", .alarm) == "\u{1B}[1;31mcritical\u{1B}[0m")
        #expect(Style(hasColor: true)("ok", .plain) == "ok")
    }
}
