internal import FileSystemTypes
internal import Synchronization

/// The renames of many objects that are under way: nobody looks at their names until they are over, and `windlass status` shows how far
/// they have come.
final class MovesUnderWay: Sendable {
    struct ID: Hashable, Sendable {
        fileprivate let number: Int
    }

    struct Progress: Sendable {
        var from: String
        var to: String
        var done = 0
        /// Copies and deletions together; 0 as long as they are not counted.
        var total = 0
        /// The store refused something: it is tried again.
        var isStuck = false
    }

    private struct Entry {
        let paths: [[FileName]]
        var progress: Progress
    }

    private struct State {
        var last = 0
        var entries: [ID: Entry] = [:]
    }

    private let state = Mutex(State())
    /// How many there are: looked at by every lookup.
    private let count = Atomic<Int>(0)
    private static let pause: Duration = .milliseconds(5)

    /// From now on the names are held, with all that is below them.
    func begin(_ paths: [[FileName]], from: String, to: String) -> ID {
        count.add(1, ordering: .sequentiallyConsistent)
        return state.withLock { state in
            state.last += 1
            let id = ID(number: state.last)
            state.entries[id] = Entry(paths: paths, progress: Progress(from: from, to: to))
            return id
        }
    }

    func end(_ id: ID) {
        let wasThere = state.withLock { $0.entries.removeValue(forKey: id) != nil }
        if wasThere { count.subtract(1, ordering: .sequentiallyConsistent) }
    }

    func change(_ id: ID, _ body: (inout Progress) -> Void) {
        state.withLock { state in
            guard var progress = state.entries[id]?.progress else { return }
            body(&progress)
            state.entries[id]?.progress = progress
        }
    }

    var all: [Progress] {
        state.withLock { state in state.entries.sorted { $0.key.number < $1.key.number }.map(\.value.progress) }
    }

    /// Returns when no rename concerns `path`. Fails with EBUSY while one cannot go on, with EINTR when the task is cancelled.
    /// `orBelow`: nor anything below it.
    func wait(for path: [FileName], orBelow: Bool = false) async throws(Errno) {
        while count.load(ordering: .sequentiallyConsistent) > 0, let progress = rename(concerning: path, orBelow) {
            guard !progress.isStuck else { throw .busy }
            guard (try? await Task.sleep(for: Self.pause)) != nil else { throw .interrupted }
        }
    }

    private func rename(concerning path: [FileName], _ orBelow: Bool) -> Progress? {
        state.withLock { state in
            state.entries.values.first { $0.paths.contains { path.starts(with: $0) || orBelow && $0.starts(with: path) } }?.progress
        }
    }
}
