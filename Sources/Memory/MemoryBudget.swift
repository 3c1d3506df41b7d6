internal import Synchronization

/// One limit for the memory that grows with use, counted by purpose.
///
/// Whoever is about to keep bytes reserves them first and releases them when they are let go. When the limit is reached, consumers that have
/// registered (`onShortage`) are asked to let something go before a reservation is refused.
///
/// No lock is held while consumers are asked. They release what they let go and reserve nothing; nobody reserves while holding a lock that a
/// consumer of another purpose takes when it is asked.
package final class MemoryBudget: Sendable {
    /// What memory is for.
    package enum Purpose: Int, CaseIterable, Hashable, Sendable {
        /// Bytes fetched before anybody asked for them.
        case readAhead
        /// Blocks kept because they may be asked for again: the first to give way.
        case cache
        /// Where blocks lie in the cache on the disk.
        case cacheIndex
        /// Bytes on their way to the store.
        case uploads
        case inodes
        case directories

        /// The part of the limit, in eighths, that one purpose may take: none starves the others.
        var eighths: Int {
            switch self {
            case .readAhead, .uploads, .directories: 4
            case .cache, .inodes: 6
            case .cacheIndex: 2
            }
        }
    }

    /// Lets go of about so many bytes, and releases them; of less when it has less.
    package typealias Shrink = @Sendable (_ bytes: Int) -> Void

    private struct State {
        var used = [Int](repeating: 0, count: Purpose.allCases.count)
        var total = 0
    }

    /// In bytes.
    package let limit: Int
    private let state = Mutex(State())
    private let consumers = Mutex<[(purpose: Purpose, shrink: Shrink)]>([])

    package init(limit: Int) {
        precondition(limit > 0, "a budget of nothing")
        self.limit = limit
    }

    /// Takes `bytes`, or nothing and says false: the limit is reached and nobody gives way.
    package func reserve(_ bytes: Int, for purpose: Purpose) -> Bool {
        precondition(bytes >= 0, "a reservation of less than nothing")
        if take(bytes, for: purpose) { return true }
        guard purpose != .cache, isAllowed(bytes, for: purpose) else { return false }
        for consumer in others(than: purpose) {
            consumer.shrink(missing(for: bytes))
            if take(bytes, for: purpose) { return true }
        }
        return false
    }

    /// Counts what exists already and cannot be refused, such as an inode that the kernel knows; others are asked to give way for it.
    package func charge(_ bytes: Int, for purpose: Purpose) {
        precondition(bytes >= 0, "a charge of less than nothing")
        add(bytes, for: purpose)
        for consumer in others(than: purpose) {
            let excess = missing(for: 0)
            guard excess > 0 else { return }
            consumer.shrink(excess)
        }
    }

    /// Gives back what was reserved or charged.
    package func release(_ bytes: Int, for purpose: Purpose) {
        state.withLock { state in
            precondition(bytes >= 0 && bytes <= state.used[purpose.rawValue], "more memory is given back than was taken")
            state.used[purpose.rawValue] -= bytes
            state.total -= bytes
        }
    }

    /// Registers who is to let go when memory is short. The cache is asked first, the others in the order in which they came.
    package func onShortage(of purpose: Purpose, _ shrink: @escaping Shrink) {
        consumers.withLock { consumers in
            if purpose == .cache {
                consumers.insert((purpose, shrink), at: 0)
            } else {
                consumers.append((purpose, shrink))
            }
        }
    }

    /// Bytes taken, of each purpose that has taken any.
    package var used: [Purpose: Int] {
        let counts = state.withLock { $0.used }
        return Dictionary(uniqueKeysWithValues: Purpose.allCases.map { ($0, counts[$0.rawValue]) }.filter { $0.1 > 0 })
    }

    /// Bytes taken for all purposes.
    package var total: Int { state.withLock { $0.total } }

    /// The most that `purpose` gets.
    package func share(of purpose: Purpose) -> Int {
        limit / 8 * purpose.eighths
    }

    private func take(_ bytes: Int, for purpose: Purpose) -> Bool {
        let share = share(of: purpose)
        return state.withLock { state in
            guard state.total + bytes <= limit, state.used[purpose.rawValue] + bytes <= share else { return false }
            state.used[purpose.rawValue] += bytes
            state.total += bytes
            return true
        }
    }

    private func add(_ bytes: Int, for purpose: Purpose) {
        state.withLock { state in
            state.used[purpose.rawValue] += bytes
            state.total += bytes
        }
    }

    /// Whether others giving way would help.
    private func isAllowed(_ bytes: Int, for purpose: Purpose) -> Bool {
        state.withLock { $0.used[purpose.rawValue] } + bytes <= share(of: purpose)
    }

    private func missing(for bytes: Int) -> Int {
        max(0, state.withLock { $0.total } + bytes - limit)
    }

    private func others(than purpose: Purpose) -> [(purpose: Purpose, shrink: Shrink)] {
        consumers.withLock { $0 }.filter { $0.purpose != purpose }
    }
}
