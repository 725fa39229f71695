/// What the writer probably meant: the nearest of the allowed words, or all of them when there are few.
func suggestion(for word: String, among allowed: some Sequence<String>) -> String? {
    let allowed = Array(Set(allowed)).sorted()
    let tolerance = max(1, word.count / 3)
    let nearest = allowed.map { (word: $0, distance: editDistance(word.lowercased(), $0.lowercased())) }
        .min { $0.distance < $1.distance }
    if let nearest, nearest.distance <= tolerance { return "did you mean \"\(nearest.word)\"?" }
    // Somebody who writes BELAZ-7513 means one of the names that go on from there.
    if word.count >= 3, let longer = allowed.first(where: { $0.lowercased().hasPrefix(word.lowercased()) }) {
        return "did you mean \"\(longer)\"?"
    }
    guard !allowed.isEmpty, allowed.count <= 16 else { return nil }
    return "use one of \(allowed.joined(separator: ", "))"
}

/// How many letters must be put in, left out, changed or swapped with their neighbour.
func editDistance(_ a: String, _ b: String) -> Int {
    let (a, b) = (Array(a), Array(b))
    var rows = [Array(0...b.count)]
    for i in a.indices {
        var row = [i + 1]
        for j in b.indices {
            var best = min(row[j] + 1, rows[i][j + 1] + 1, rows[i][j] + (a[i] == b[j] ? 0 : 1))
            if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, rows[i - 1][j - 1] + 1) }
            row.append(best)
        }
        rows.append(row)
    }
    return rows[a.count][b.count]
}
