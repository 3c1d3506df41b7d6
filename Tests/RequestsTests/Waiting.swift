import Testing

/// Returns when `condition` holds; an issue is recorded when that takes longer than `limit`.
func eventually(within limit: Duration = .seconds(10), _ what: Comment, _ condition: () -> Bool) async {
    let end = ContinuousClock.now + limit
    while !condition() {
        guard ContinuousClock.now < end else {
            Issue.record(what)
            return
        }
        try? await Task.sleep(for: .milliseconds(2))
    }
}
