import Synchronization
import Testing
import Uploads

/// Who is let in when, and how many at a time.
@Suite(.timeLimit(.minutes(1))) struct TransferPoolTests {
    /// The transfers that ran, and how many ran together.
    private final class Log: Sendable {
        private struct State {
            var order: [Int] = []
            var running = 0
            var most = 0
            var met = 0
        }

        private let state = Mutex(State())

        var order: [Int] { state.withLock { $0.order } }
        var most: Int { state.withLock { $0.most } }
        var met: Int { state.withLock { $0.met } }

        func transfer(of owner: Int) async {
            state.withLock { state in
                state.running += 1
                state.most = max(state.most, state.running)
                state.order.append(owner)
            }
            await Task.yield()
            state.withLock { $0.running -= 1 }
        }

        /// Returns when so many are here.
        func meet(_ count: Int) async {
            state.withLock { $0.met += 1 }
            while met < count, !Task.isCancelled { try? await Task.sleep(for: .milliseconds(1)) }
        }
    }

    /// A pool whose only places are taken until `open` is called, so that everybody has queued before the first is let in.
    private final class Gate: Sendable {
        let pool: TransferPool
        private let places: Mutex<[Task<Void, Never>]>

        init(_ count: Int) {
            let pool = TransferPool(count)
            self.pool = pool
            places = Mutex(
                (0..<count).map { _ in
                    Task { await pool.run(for: .init(.max)) { _ = try? await Task.sleep(for: .seconds(50)) } }
                })
        }

        func open() {
            for place in places.withLock({ $0 }) { place.cancel() }
        }
    }

    private func queue(_ count: Int, of owner: Int, _ gate: Gate, _ log: Log) -> [Task<Void, Never>] {
        (0..<count).map { _ in Task { _ = await gate.pool.run(for: .init(UInt64(owner))) { await log.transfer(of: owner) } } }
    }

    /// Lets the tasks come as far as they can.
    private func settle() async throws {
        try await Task.sleep(for: .milliseconds(200))
    }

    /// 10 GiB in parts of 8 MiB, and behind them a hundred files of one part each.
    @Test func aLargeFileLetsSmallOnesPass() async throws {
        let (gate, log) = (Gate(16), Log())
        try await settle()
        var tasks = queue(1280, of: 0, gate, log)
        try await settle()
        for number in 1...100 { tasks += queue(1, of: number, gate, log) }
        try await settle()
        gate.open()
        for task in tasks { await task.value }
        let last = try #require(log.order.lastIndex { $0 != 0 })
        let large = log.order[...last].count { $0 == 0 }
        #expect(large <= 17, "\(large) parts of the large file went before the last of the small ones")
        #expect(log.order.count == 1380)
        #expect(log.most == 16)
    }

    /// Negative control: in the order of their coming the small ones would wait for all of the large file.
    @Test func inOneQueueTheSmallOnesWait() async throws {
        let (gate, log) = (Gate(1), Log())
        try await settle()
        // As one owner they are served one after the other.
        let tasks = (0..<40).map { number in
            Task { _ = await gate.pool.run(for: .init(7)) { await log.transfer(of: number < 30 ? 0 : number) } }
        }
        gate.open()
        for task in tasks { await task.value }
        #expect(log.order.count == 40)
        #expect(log.most == 1)
    }

    @Test func twoLargeFilesTakeTurns() async throws {
        let (gate, log) = (Gate(1), Log())
        try await settle()
        let first = queue(50, of: 1, gate, log)
        try await settle()
        let second = queue(50, of: 2, gate, log)
        try await settle()
        gate.open()
        for task in first + second { await task.value }
        #expect(log.order == (0..<100).map { $0 % 2 + 1 })
    }

    @Test func whoeverIsCancelledLeavesTheQueueAtOnce() async throws {
        let (gate, log) = (Gate(1), Log())
        try await settle()
        let waiting = queue(20, of: 1, gate, log)
        let others = queue(1, of: 2, gate, log)
        try await settle()
        for task in waiting { task.cancel() }
        // They end although nobody is let in.
        for task in waiting { await task.value }
        #expect(log.order.isEmpty)
        gate.open()
        for task in others { await task.value }
        #expect(log.order == [2])
    }

    /// Cancelled before they come, while they queue, and while they run: no place is lost. Many pools at once, so that no task has to wait for its
    /// turn of the processor again and again.
    @Test func noPlaceIsLostByCancellation() async throws {
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<50 {
                group.addTask {
                    let pool = TransferPool(3)
                    for round in 0..<6 { await cancelSome(of: 12, yielding: (number + round) % 3 == 0, pool) }
                    await expectPlaces(3, in: pool)
                }
            }
        }
    }

    private func cancelSome(of count: Int, yielding: Bool, _ pool: TransferPool) async {
        let tasks = (0..<count).map { number in
            Task { _ = await pool.run(for: .init(UInt64(number % 4))) { await Task.yield() } }
        }
        if yielding { await Task.yield() }
        for task in tasks[..<(count * 2 / 3)] { task.cancel() }
        for task in tasks { await task.value }
    }

    /// So many are inside at the same time, and never more.
    private func expectPlaces(_ count: Int, in pool: TransferPool) async {
        let log = Log()
        await withTaskGroup(of: Void.self) { group in
            // Whoever cannot get in keeps the others waiting until the time limit of the test.
            for number in 0..<count { group.addTask { _ = await pool.run(for: .init(UInt64(number))) { await log.meet(count) } } }
        }
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<20 { group.addTask { _ = await pool.run(for: .init(UInt64(number))) { await log.transfer(of: number) } } }
        }
        #expect(log.met == count && log.order.count == 20 && log.most <= count)
    }
}
