import Support

/// The one source of chance of a run: the same seed gives the same throws in the same order.
final class Chance {
    private var generator: SeededGenerator

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    /// One of `0 ..< bound`.
    func below(_ bound: Int) -> Int { generator.next(bound) }
    func between(_ low: Int, _ high: Int) -> Int { low + generator.next(high - low + 1) }
    func happens(_ likelihood: Double) -> Bool { share() < likelihood }
    /// From 0 to below 1.
    func share() -> Double { Double(generator.next() >> 11) * 0x1p-53 }
    func bits() -> UInt64 { generator.next() }
    func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }
}
