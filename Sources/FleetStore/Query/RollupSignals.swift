/// The columns in which segments of rollups keep signals.
enum RollupSignals {
    /// For each signal as many as there are parts, one behind the other.
    static func wanted(_ signals: WantedSignals) -> WantedSignals {
        var wanted = signals
        wanted.rows = signals.rows.flatMap { row in Rollup.Part.allCases.map { row << 3 | $0.rawValue } }
        wanted.names = signals.names.flatMap { name in Rollup.Part.allCases.map { _ in name } }
        return wanted
    }

    /// The first of a signal's.
    static func place(of column: Int) -> Int { column * Rollup.Part.allCases.count }
}
