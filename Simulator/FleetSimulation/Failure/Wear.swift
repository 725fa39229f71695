/// How far each failure mode of one machine has run its course: 0 is sound, 1 stands still.
struct Wear: Sendable {
    private var progress = [Double](repeating: 0, count: FailureMode.allCases.count)

    subscript(mode: FailureMode) -> Double {
        get { progress[mode.index] }
        set { progress[mode.index] = newValue }
    }
}
