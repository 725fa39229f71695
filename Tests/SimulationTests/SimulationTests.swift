import Foundation
import Testing

@Suite("the simulation", .serialized)
struct SimulationTests {
    @Test("whatever goes wrong, nothing acknowledged is lost, nothing is twice, and all comes right when it stops")
    func seeds() async {
        let seeds = SeedList.fromEnvironment()
        let failures = await outcomes(of: seeds).filter { $0.violation != nil }
        for failure in failures.sorted(by: { $0.seed < $1.seed }).prefix(10) {
            Issue.record(
                """
                seed \(failure.seed): \(failure.violation!)
                run it alone: make simulation SEED=\(failure.seed)
                keep it: add a line to Tests/SimulationTests/Seeds/kept.txt
                \(failure.lastOfTrace)
                """)
        }
        #expect(failures.isEmpty, "\(failures.count) of \(seeds.count) seeds failed")
    }

    @Test("the same seed is the same run, to the last write")
    func reproducible() async {
        for seed: UInt64 in 1...6 {
            let (first, second) = (await Simulation.run(seed: seed), await Simulation.run(seed: seed))
            #expect(
                first.traceNumber == second.traceNumber, "seed \(seed)\n\(first.lastOfTrace)\n--\n\(second.lastOfTrace)"
            )
        }
    }

    @Test("finds a deliberate mistake within twenty seeds", arguments: Mutation.allCases)
    func findsMistake(mutation: Mutation) async {
        for seed: UInt64 in 1...20 {
            if let violation = await Simulation.run(seed: seed, mutation: mutation).violation {
                print("\(mutation.rawValue), seed \(seed): \(violation)")
                return
            }
        }
        Issue.record("\(mutation.rawValue) was not found")
    }

    /// As many at a time as there are processors.
    private func outcomes(of seeds: [UInt64]) async -> [Simulation.Outcome] {
        await withTaskGroup(of: Simulation.Outcome.self) { group in
            var (outcomes, left) = ([Simulation.Outcome](), seeds[...])
            for seed in left.prefix(ProcessInfo.processInfo.activeProcessorCount) {
                group.addTask { await Simulation.run(seed: seed) }
            }
            left = left.dropFirst(ProcessInfo.processInfo.activeProcessorCount)
            for await outcome in group {
                outcomes.append(outcome)
                if let seed = left.popFirst() { group.addTask { await Simulation.run(seed: seed) } }
            }
            return outcomes
        }
    }
}
