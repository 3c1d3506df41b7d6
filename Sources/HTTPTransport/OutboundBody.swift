internal import FileSystemTypes
internal import Synchronization

/// The bytes of a request between their source and the loop's thread: one chunk being sent, one being read ahead.
final class OutboundBody: Sendable {
    enum Fill {
        case filled(Int)
        /// `ready` will be called when there is more.
        case notYet
        case failed
    }

    private struct State {
        /// What is being sent, and how much of it is gone.
        var current = Bytes()
        var sent = 0
        var next: Bytes?
        /// Where the next read from the source begins.
        var offset: Int64 = 0
        var isReading = false
        /// Whether libcurl waits for `ready`.
        var isStarved = false
        var failure: Errno?
        /// Reads that began before a rewind are thrown away.
        var generation = 0
    }

    private static let chunkBytes = 512 << 10

    private let source: any ByteSource
    private let state = Mutex(State())

    init(_ source: any ByteSource) {
        self.source = source
    }

    var failure: Errno? { state.withLock { $0.failure } }

    func fill(_ space: UnsafeMutableRawBufferPointer, ready: @escaping @Sendable () -> Void) -> Fill {
        let (result, read) = state.withLock { state in
            let result = unsafe Self.take(&state, space, total: source.count)
            return (result, Self.beginRead(&state, total: source.count))
        }
        if let read { self.read(at: read.offset, generation: read.generation, ready: ready) }
        return result
    }

    /// libcurl sends the body again, from `offset` on.
    func rewind(to offset: Int64) {
        state.withLock { state in
            let generation = state.generation + 1
            state = State()
            state.offset = offset
            state.generation = generation
        }
    }

    private static func take(_ state: inout State, _ space: UnsafeMutableRawBufferPointer, total: Int64) -> Fill {
        if state.failure != nil { return .failed }
        if state.sent == state.current.count, let next = state.next {
            (state.current, state.sent, state.next) = (next, 0, nil)
        }
        let part = state.current.slice(from: state.sent, upTo: space.count)
        if part.isEmpty {
            if state.offset >= total, !state.isReading { return .filled(0) }
            state.isStarved = true
            return .notYet
        }
        var filled = 0
        for piece in part.pieces {
            unsafe piece.withUnsafeBytes { unsafe UnsafeMutableRawBufferPointer(rebasing: space[filled...]).copyMemory(from: $0) }
            filled += piece.count
        }
        state.sent += filled
        return .filled(filled)
    }

    private static func beginRead(_ state: inout State, total: Int64) -> (offset: Int64, generation: Int)? {
        guard !state.isReading, state.next == nil, state.failure == nil, state.offset < total else { return nil }
        state.isReading = true
        return (state.offset, state.generation)
    }

    private func read(at offset: Int64, generation: Int, ready: @escaping @Sendable () -> Void) {
        Task { [self] in
            let outcome: Result<Bytes, Errno>
            do throws(Errno) {
                outcome = .success(try await source.read(at: offset, upTo: Self.chunkBytes))
            } catch {
                outcome = .failure(error)
            }
            if deliver(outcome, generation: generation) { ready() }
        }
    }

    /// True when libcurl is waiting for it.
    private func deliver(_ outcome: Result<Bytes, Errno>, generation: Int) -> Bool {
        state.withLock { state in
            guard state.generation == generation else { return false }
            state.isReading = false
            switch outcome {
            case .success(let bytes):
                state.next = bytes
                state.offset += Int64(bytes.count)
                if bytes.isEmpty { state.failure = .inputOutput }
            case .failure(let error): state.failure = error
            }
            defer { state.isStarved = false }
            return state.isStarved
        }
    }
}
