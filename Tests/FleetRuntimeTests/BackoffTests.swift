import FleetRuntime
import Testing

@Suite("The pause between two calls grows and is never the same for all")
struct BackoffTests {
    @Test(
        "it doubles up to the longest",
        arguments: [
            (failures: 1, ceiling: 1), (failures: 2, ceiling: 2), (failures: 5, ceiling: 16),
            (failures: 6, ceiling: 30),
            (failures: 1_000, ceiling: 30),
        ])
    func growth(failures: Int, ceiling: Int) {
        for (chance, expected) in [
            (0.0, Duration.zero), (0.5, .seconds(ceiling) / 2), (0.75, .seconds(ceiling) * 3 / 4),
        ] {
            var backoff = Backoff(chance: { chance })
            var pause = Duration.zero
            for _ in 0..<failures { pause = backoff.pause() }
            #expect(pause == expected)
        }
    }

    @Test("it begins anew after a connection that held")
    func reset() {
        var backoff = Backoff(chance: { 0.5 })
        for _ in 0..<4 { _ = backoff.pause() }
        backoff.reset()
        #expect(backoff.pause() == .milliseconds(500))
    }
}
