internal import FileSystemTypes
internal import ObjectStorage
internal import Synchronization

/// Files whose content is safe on the local disk and on its way to the store (write-back).
final class UploadQueue: Sendable {
    private struct Entry {
        let file: OpenFile
        var timer: Task<Void, Never>?
        var isUploading = false
    }

    private struct State {
        var entries: [ObjectIdentifier: Entry] = [:]
        var isDraining = false
        var waiters: [CheckedContinuation<Void, Never>] = []
        var finished = 0
    }

    private let state = Mutex(State())
    /// Files at the same time; their parts share the transfers.
    private let slots = Semaphore(32)
    static let firstRetry: Duration = .seconds(2)
    static let longestRetry: Duration = .seconds(120)
    /// How long a writer waits for room before it is told that there is none.
    private static let roomDeadline: Duration = .seconds(60)

    var count: Int { state.withLock { $0.entries.count } }

    var files: [OpenFile] { state.withLock { $0.entries.values.map(\.file) } }

    /// The upload follows after the volume's delay; once it waits, further changes go along.
    func schedule(_ file: OpenFile, in volume: Volume) {
        start(file, after: volume.options.writeBackDelay, retry: Self.firstRetry, in: volume)
    }

    /// Attributes alone: several changes within a second are one request.
    func scheduleAttributes(_ file: OpenFile, in volume: Volume) {
        start(file, after: max(volume.options.attributeDelay, volume.options.writeBackDelay), retry: Self.firstRetry, in: volume)
    }

    private func start(_ file: OpenFile, after delay: Duration, retry: Duration, in volume: Volume) {
        state.withLock { state in
            guard state.entries[ObjectIdentifier(file)] == nil, !state.isDraining else { return }
            var entry = Entry(file: file)
            entry.timer = Task { [self] in
                // Cancelled while it waits: whoever drains stores the file. An upload under way goes on.
                if delay > .zero { guard (try? await Task.sleep(for: delay)) != nil else { return } }
                await Task { [self] in await run(file, retry: retry, in: volume) }.value
            }
            state.entries[ObjectIdentifier(file)] = entry
        }
    }

    /// What has changed while it was being uploaded is uploaded next; what failed for a reason that may pass is tried again later.
    private func run(_ file: OpenFile, retry: Duration, in volume: Volume) async {
        let outcome = await slots.run { () async -> Result<Void, Errno> in
            await settled { () async throws(Errno) in try await volume.upload(file) }
        }
        let isDone = state.withLock { state in
            state.entries[ObjectIdentifier(file)] = nil
            state.finished += 1
            return state.isDraining
        }
        wake()
        switch outcome {
        case .success: if file.isChanged && !file.isOpen && !isDone { schedule(file, in: volume) }
        case .failure:
            guard !isDone, await volume.isWorthRetrying(file) else { return }
            start(file, after: retry, retry: min(retry * 2, Self.longestRetry), in: volume)
        }
        if !file.isChanged { volume.dropIfIdle(file) }
    }

    /// Nothing waits for its time any more; whoever drains stores the files itself.
    func beginDraining() {
        let timers = state.withLock { state in
            state.isDraining = true
            return state.entries.values.compactMap(\.timer)
        }
        for timer in timers { timer.cancel() }
    }

    /// Waits until an upload has ended; false when none is under way, or none ended in time.
    func waitForRoom() async -> Bool {
        guard count > 0 else { return false }
        let before = state.withLock { $0.finished }
        let deadline = Task { [self] in
            try? await Task.sleep(for: Self.roomDeadline)
            wake()
        }
        defer { deadline.cancel() }
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                guard state.finished == before, !state.entries.isEmpty else { return true }
                state.waiters.append(continuation)
                return false
            }
            if isOver { continuation.resume() }
        }
        return state.withLock { $0.finished } != before
    }

    private func wake() {
        let waiters = state.withLock { state in
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }
}
