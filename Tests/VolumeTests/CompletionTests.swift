import Testing
import Volume

@Suite struct CompletionTests {
    @Test(.timeLimit(.minutes(1))) func wakesAllWhoWait() async {
        let end = Completion()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<20 { group.addTask { await end.wait() } }
            group.addTask {
                try? await Task.sleep(for: .milliseconds(20))
                end.come()
            }
        }
        await end.wait()
    }

    /// Somebody who is interrupted waits no longer, however long the others do.
    @Test(.timeLimit(.minutes(1))) func nobodyWaitsWhoIsCancelled() async {
        let end = Completion()
        let before = Task { await end.wait() }
        let early = Task {
            // Cancelled before it waits.
            while !Task.isCancelled { await Task.yield() }
            await end.wait()
        }
        early.cancel()
        try? await Task.sleep(for: .milliseconds(20))
        before.cancel()
        await before.value
        await early.value
    }
}
