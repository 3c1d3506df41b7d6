internal import FileSystemTypes
internal import ObjectStorage
internal import Synchronization

/// Files whose content is safe on the local disk and on its way to the store (write-back).
final class UploadQueue: Sendable {
    /// How far a file in the queue has come.
    enum Phase: Sendable {
        case waiting, uploading
        /// Waits as well, after an attempt that failed.
        case retrying
    }

    private struct Entry {
        let file: OpenFile
        /// Ends early when it is cancelled; then the upload begins.
        var pause: Task<Void, Never>?
        var phase = Phase.waiting
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

    var phases: [ObjectIdentifier: Phase] { state.withLock { $0.entries.mapValues(\.phase) } }

    /// The upload follows after the volume's delay; once it waits, further changes go along.
    func schedule(_ file: OpenFile, in volume: Volume) {
        start(file, .waiting, after: volume.options.writeBackDelay, retry: Self.firstRetry, in: volume)
    }

    /// Attributes alone: several changes within a second are one request.
    func scheduleAttributes(_ file: OpenFile, in volume: Volume) {
        start(file, .waiting, after: max(volume.options.attributeDelay, volume.options.writeBackDelay), retry: Self.firstRetry, in: volume)
    }

    private func start(_ file: OpenFile, _ phase: Phase, after delay: Duration, retry: Duration, in volume: Volume) {
        state.withLock { state in
            guard state.entries[ObjectIdentifier(file)] == nil, !state.isDraining else { return }
            let pause = delay > .zero ? Task { _ = try? await Task.sleep(for: delay) } : nil
            state.entries[ObjectIdentifier(file)] = Entry(file: file, pause: pause, phase: phase)
            Task { [self] in
                await pause?.value
                await run(file, retry: retry, in: volume)
            }
        }
    }

    /// Nothing waits for its time any more.
    func hurry() {
        let pauses = state.withLock { $0.entries.values.compactMap(\.pause) }
        for pause in pauses { pause.cancel() }
    }

    /// What has changed while it was being uploaded is uploaded next; what failed for a reason that may pass is tried again later.
    private func run(_ file: OpenFile, retry: Duration, in volume: Volume) async {
        let outcome = await slots.run { () async -> Result<Void, Errno>? in
            // Whoever drains stores the file itself, and finds it here until then.
            guard begin(file) else { return nil }
            return await settled { () async throws(Errno) in try await volume.upload(file) }
        }
        guard let outcome else { return }
        let isDone = state.withLock { state in
            // What a drain has still to look at stays in sight.
            if !state.isDraining { state.entries[ObjectIdentifier(file)] = nil }
            state.finished += 1
            return state.isDraining
        }
        wake()
        switch outcome {
        case .success: if file.isChanged && !file.isOpen && !isDone { schedule(file, in: volume) }
        case .failure:
            guard !isDone, await volume.isWorthRetrying(file) else { return }
            start(file, .retrying, after: retry, retry: min(retry * 2, Self.longestRetry), in: volume)
        }
        if !file.isChanged { volume.dropIfIdle(file) }
    }

    private func begin(_ file: OpenFile) -> Bool {
        state.withLock { state in
            state.entries[ObjectIdentifier(file)]?.phase = .uploading
            return !state.isDraining
        }
    }

    var isDraining: Bool { state.withLock { $0.isDraining } }

    /// Nothing waits for its time any more; whoever drains stores the files itself.
    func beginDraining() {
        state.withLock { $0.isDraining = true }
        hurry()
    }

    /// Waits until an upload has ended; false when none is under way, or none ended in time.
    func waitForRoom() async -> Bool {
        guard count > 0 else { return false }
        hurry()
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
