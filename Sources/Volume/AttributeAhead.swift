internal import FileSystemTypes
internal import ObjectStorage
internal import Synchronization

/// Requests for attributes that somebody will want soon: a bounded number at a time, each thing once.
///
/// What they find goes into the folder's `FolderListing`, or into the cache of attributes; this only knows which are under way.
final class AttributeAhead: Sendable {
    /// Whose attributes are wanted.
    enum Name: Hashable, Sendable {
        /// A name in a folder that somebody goes through.
        case entry(FileName, parent: Inode)
        /// The same, with the content of the file.
        case content(FileName, parent: Inode)
        /// An object in a folder that nobody has opened yet.
        case object(ListedObject)
    }

    private struct State {
        var queue: [Name] = []
        var queued: Set<Name> = []
        var running: [Name: [Waiter]] = [:]
        var lastWaiter = 0

        /// Takes them out of the queue, so that they can go to its front.
        mutating func makeRoom(for names: [Name]) {
            let moved = queued.intersection(names)
            guard !moved.isEmpty else { return }
            queue.removeAll { moved.contains($0) }
            queued.subtract(moved)
        }
    }

    private struct Waiter {
        let id: Int
        let continuation: CheckedContinuation<Void, Never>
    }

    static let longestQueue = 1024

    private let limit: Int
    private let state = Mutex(State())

    /// `limit`: how many requests run at a time.
    init(limit: Int) {
        self.limit = limit
    }

    /// Asks for all of `names` that are not asked for yet, by `ask`; `soon`: before what waits already. What is too much is dropped.
    func start(_ names: [Name], soon: Bool, _ ask: @escaping @Sendable (Name) async -> Void) {
        let workers = state.withLock { state -> Int in
            if soon { state.makeRoom(for: names) }
            let new = names.filter { state.running[$0] == nil && state.queued.insert($0).inserted }
            state.queue.insert(contentsOf: new, at: soon ? 0 : state.queue.count)
            while state.queue.count > Self.longestQueue { state.queued.remove(state.queue.removeLast()) }
            return min(limit - state.running.count, state.queue.count)
        }
        for _ in 0..<max(0, workers) { Task { await work(ask) } }
    }

    private func work(_ ask: @Sendable (Name) async -> Void) async {
        while let name = next() {
            await ask(name)
            let waiters = state.withLock { $0.running.removeValue(forKey: name) } ?? []
            for waiter in waiters { waiter.continuation.resume() }
        }
    }

    private func next() -> Name? {
        state.withLock { state in
            guard state.running.count < limit, !state.queue.isEmpty else { return nil }
            let name = state.queue.removeFirst()
            state.queued.remove(name)
            state.running[name] = []
            return name
        }
    }

    /// Whether the request for it is under way.
    func isRunning(_ name: Name) -> Bool { state.withLock { $0.running[name] != nil } }

    /// Whether it is under way or waits for its turn.
    func isAsked(_ name: Name) -> Bool { state.withLock { $0.running[name] != nil || $0.queued.contains(name) } }

    /// Nobody will want these after all: those that only wait for their turn are taken off.
    func drop(_ names: [Name]) {
        guard !names.isEmpty else { return }
        state.withLock { $0.makeRoom(for: names) }
    }

    /// Waits for the answer that is under way for a name, or until the task is cancelled; one that only waits for its turn is taken off:
    /// whoever wants it now asks by itself.
    func join(_ name: Name) async {
        let id = state.withLock { state -> Int? in
            if state.queued.remove(name) != nil { state.queue.removeAll { $0 == name } }
            guard state.running[name] != nil else { return nil }
            state.lastWaiter += 1
            return state.lastWaiter
        }
        guard let id else { return }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let waits = state.withLock { state in
                    guard !Task.isCancelled, state.running[name] != nil else { return false }
                    state.running[name]?.append(Waiter(id: id, continuation: continuation))
                    return true
                }
                if !waits { continuation.resume() }
            }
        } onCancel: {
            abandon(id, name)
        }
    }

    private func abandon(_ id: Int, _ name: Name) {
        let waiter = state.withLock { state -> Waiter? in
            guard let index = state.running[name]?.firstIndex(where: { $0.id == id }) else { return nil }
            return state.running[name]?.remove(at: index)
        }
        waiter?.continuation.resume()
    }

    /// Waits until all of `names` have been asked for that are under way or waiting.
    func finish(_ names: [Name]) async {
        for name in names {
            while !Task.isCancelled, state.withLock({ $0.queued.contains(name) }) {
                // The head of the queue moves with each answer.
                guard let running = state.withLock({ $0.running.keys.first }) else { break }
                await join(running)
            }
            await join(name)
        }
    }
}
