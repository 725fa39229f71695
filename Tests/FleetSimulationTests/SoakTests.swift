import Testing
import zubrsim

@Suite("the soak")
struct SoakTests {
    @Test(
        "sees what becomes more however late it begins, and no single look at a pool that is one larger for a moment",
        arguments: [
            (Array(repeating: 17, count: 240), false),
            (Array(repeating: [16, 17], count: 120).flatMap { $0 }, false),
            (Array(repeating: 17, count: 239) + [18], false),
            (Array(repeating: 18, count: 120) + Array(repeating: 17, count: 120), false),
            ((0..<240).map { 17 + $0 / 40 }, true),
            (Array(repeating: 17, count: 200) + (1...40).map { 17 + $0 / 10 }, true),
            (Array(repeating: 17, count: 220) + Array(repeating: 18, count: 20), true),
            (Array(repeating: 17, count: 239) + [19], true),
            ([], false), ([17], false),
        ] as [([Int], Bool)])
    func growth(looks: [Int], isGrowing: Bool) { #expect(grow(looks) == isGrowing) }
}
