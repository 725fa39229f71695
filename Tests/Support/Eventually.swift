/// Whether `condition` comes true within `limit`; for what happens in another thread or process.
///
/// It returns at once when it is true, so a generous limit costs nothing in a run that passes.
package func eventually(
    within limit: Duration = .seconds(60), _ condition: () async throws -> Bool
) async rethrows -> Bool {
    let deadline = ContinuousClock.now + limit
    while try await !condition() {
        guard ContinuousClock.now < deadline else { return false }
        try? await Task.sleep(for: .milliseconds(5))
    }
    return true
}
