import FleetModel

/// What is noticed while files are read: problems, warnings, and how many values carry which mark.
final class ReadingLog {
    private(set) var problems: [ConfigurationProblem] = []
    private(set) var warnings: [ConfigurationProblem] = []
    private(set) var marks: [Mark.Kind: Int] = [:]

    func report(_ problem: ConfigurationProblem) { problems.append(problem) }
    func warn(_ problem: ConfigurationProblem) { warnings.append(problem) }
    func count(_ mark: Mark) { marks[mark.kind, default: 0] += 1 }

    /// Throws everything that was found, sorted by line within each file, files in the order they were read.
    func throwIfAny() throws(ConfigurationProblems) {
        guard !problems.isEmpty else { return }
        var files: [String] = []
        for problem in problems where !files.contains(problem.file) { files.append(problem.file) }
        var seen: Set<ConfigurationProblem> = []
        let sorted = files.flatMap { file in
            problems.filter { $0.file == file && seen.insert($0).inserted }
                .sorted { ($0.line ?? 0, $0.column ?? 0) < ($1.line ?? 0, $1.column ?? 0) }
        }
        throw ConfigurationProblems(sorted)
    }
}
