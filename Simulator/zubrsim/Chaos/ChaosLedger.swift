import Synchronization

/// What the broker has taken, by the numbers of the plan's items; a bit more than a byte a message.
final class ChaosLedger: Sendable {
    private struct Contents {
        var isTaken: [Bool]
        var count = 0
    }

    private let contents: Mutex<Contents>

    init(items: Int) { contents = Mutex(Contents(isTaken: Array(repeating: false, count: items))) }

    func add(_ number: Int) {
        contents.withLock { contents in
            guard !contents.isTaken[number] else { return }
            contents.isTaken[number] = true
            contents.count += 1
        }
    }

    var count: Int { contents.withLock { $0.count } }

    /// Frames and poison that the broker has taken.
    func taken(of plan: ChaosPlan) -> (isFrameTaken: [Bool], isPoisonTaken: [Bool]) {
        let isTaken = contents.withLock { $0.isTaken }
        var frames = Array(repeating: false, count: plan.messages)
        var poison = Array(repeating: false, count: plan.poisons)
        for number in isTaken.indices where isTaken[number] {
            switch plan.item(number) {
            case .frame(let frame): frames[frame] = true
            case .poison(let bad): poison[bad] = true
            }
        }
        return (frames, poison)
    }
}
