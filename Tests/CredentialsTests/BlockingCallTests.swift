import Credentials
import Testing
import Threads

/// Calls that may block have threads of their own, few of them.
@Suite(.timeLimit(.minutes(1))) struct BlockingCallTests {
    @Test func moreCallsThanThreadsWaitTheirTurn() async throws {
        let calls = BlockingCall(maximumThreads: 2)
        let sum = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 1...100 {
                group.addTask { try await calls.run("counting", limit: .seconds(50)) { .success(number) } }
            }
            return try await group.reduce(0, +)
        }
        #expect(sum == 5050)
    }

    @Test func othersThatHangAreNotWaitedForForever() async throws {
        let calls = BlockingCall(maximumThreads: 2)
        let isOpen = Monitor(false)
        for _ in 0..<2 {
            let error = await #expect(throws: CredentialsError.self) {
                try await calls.run("hanging", limit: .milliseconds(100)) { .success(isOpen.wait { $0 ? true : nil }) }
            }
            #expect(error?.description.contains("took longer") == true)
        }
        let hasRun = Monitor(false)
        let error = await #expect(throws: CredentialsError.self) {
            try await calls.run("waiting", limit: .milliseconds(100)) { .success(hasRun.changeForAll { $0 = true }) }
        }
        #expect(error?.description.contains("others that hang") == true)
        isOpen.changeForAll { $0 = true }
        #expect(try await calls.run("going on", limit: .seconds(50)) { .success(true) })
        #expect(hasRun.change { !$0 }, "nobody waits for it any more, so it is not done")
    }

    @Test func theQueueHasAnEnd() async throws {
        let calls = BlockingCall(maximumThreads: 1, maximumWaiting: 0)
        let isOpen = Monitor(false)
        defer { isOpen.changeForAll { $0 = true } }
        await #expect(throws: CredentialsError.self) {
            try await calls.run("hanging", limit: .milliseconds(1)) { .success(isOpen.wait { $0 ? true : nil }) }
        }
        let error = await #expect(throws: CredentialsError.self) { try await calls.run("refused", limit: .seconds(50)) { .success(true) } }
        #expect(error?.description.contains("others that hang") == true)
    }
}
