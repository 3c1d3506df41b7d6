import Synchronization

/// How often an operation was asked for, and how many bytes of bodies that moved.
///
/// In JSON an object with these four names.
package struct OperationCount: Codable, Hashable, Sendable {
    package var requests = 0
    /// As they came over the wire, coded or not.
    package var bytesIn: Int64 = 0
    package var bytesOut: Int64 = 0
    /// Answers with a status from 400 on.
    package var errors = 0

    package init() {}
}

/// Counts by operation. A request is counted before it is answered, so whoever has the answer finds it counted.
final class Counters: Sendable {
    private let counts = Mutex<[Operation: OperationCount]>([:])

    func add(_ operation: Operation, _ change: (inout OperationCount) -> Void) {
        counts.withLock { change(&$0[operation, default: OperationCount()]) }
    }

    /// By the operations' names; operations nobody asked for are absent.
    var all: [String: OperationCount] {
        counts.withLock { counts in Dictionary(uniqueKeysWithValues: counts.map { ($0.key.rawValue, $0.value) }) }
    }

    func reset() {
        counts.withLock { $0 = [:] }
    }
}
