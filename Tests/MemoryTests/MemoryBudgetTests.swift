import Memory
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1)))
struct MemoryBudgetTests {
    @Test func whatIsReservedIsCountedByPurpose() {
        let budget = MemoryBudget(limit: 800)
        #expect(budget.reserve(300, for: .readAhead))
        #expect(budget.reserve(100, for: .uploads))
        #expect(budget.used == [.readAhead: 300, .uploads: 100])
        budget.release(300, for: .readAhead)
        #expect(budget.used == [.uploads: 100])
        #expect(budget.total == 100)
    }

    @Test func nobodyGetsMoreThanItsShare() {
        let budget = MemoryBudget(limit: 800)
        #expect(!budget.reserve(401, for: .readAhead))
        #expect(budget.reserve(400, for: .readAhead))
        #expect(!budget.reserve(1, for: .readAhead))
        #expect(budget.reserve(400, for: .uploads))
        #expect(!budget.reserve(1, for: .inodes))
    }

    @Test func theCacheGivesWayFirst() {
        let budget = MemoryBudget(limit: 800)
        let asked = Mutex<[MemoryBudget.Purpose]>([])
        #expect(budget.reserve(200, for: .directories))
        budget.onShortage(of: .directories) { bytes in
            asked.withLock { $0.append(.directories) }
            budget.release(min(bytes, budget.used[.directories] ?? 0), for: .directories)
        }
        budget.onShortage(of: .cache) { bytes in
            asked.withLock { $0.append(.cache) }
            budget.release(min(bytes, budget.used[.cache] ?? 0), for: .cache)
        }
        #expect(budget.reserve(600, for: .cache))
        #expect(!budget.reserve(1, for: .cache), "the cache makes nobody give way")
        #expect(asked.withLock { $0 } == [])

        #expect(budget.reserve(100, for: .readAhead))
        #expect(asked.withLock { $0 } == [.cache])
        #expect(budget.used == [.readAhead: 100, .cache: 500, .directories: 200])
        #expect(budget.reserve(600, for: .inodes))
        #expect(asked.withLock { $0 } == [.cache, .cache, .directories])
        #expect(budget.used == [.readAhead: 100, .directories: 100, .inodes: 600])
    }

    @Test func whatCannotBeRefusedIsCountedAndOthersGiveWay() {
        let budget = MemoryBudget(limit: 800)
        budget.onShortage(of: .cache) { budget.release(min($0, budget.used[.cache] ?? 0), for: .cache) }
        #expect(budget.reserve(600, for: .cache))
        budget.charge(700, for: .inodes)
        #expect(budget.used == [.cache: 100, .inodes: 700])
        budget.charge(700, for: .inodes)
        #expect(budget.total == 1400)
        budget.release(1400, for: .inodes)
        #expect(budget.total == 0)
    }

    @Test func manyThreadsLeaveNothingBehind() async {
        let budget = MemoryBudget(limit: 10_000)
        await withTaskGroup(of: Void.self) { group in
            for purpose in MemoryBudget.Purpose.allCases {
                group.addTask {
                    for round in 0..<20_000 where budget.reserve(round % 700, for: purpose) {
                        #expect(budget.total <= budget.limit)
                        budget.release(round % 700, for: purpose)
                    }
                }
            }
        }
        #expect(budget.used == [:])
    }
}
