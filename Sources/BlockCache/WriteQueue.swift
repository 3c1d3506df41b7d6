internal import FileSystemTypes
internal import Threads

/// Blocks on their way to the disk: at most so many bytes. What finds no room is not written.
final class WriteQueue: Sendable {
    enum Work {
        case blocks([(id: BlockID, bytes: Bytes)])
        /// The time is up.
        case nothing
        /// The cache is being closed; these are the last.
        case last([(id: BlockID, bytes: Bytes)])
    }

    private struct State {
        var blocks: [(id: BlockID, bytes: Bytes)] = []
        var bytes = 0
        /// Of the blocks that were handed out last: they are being written.
        var bytesTaken = 0
        var isClosed = false
        /// Whoever waits for blocks has something else to do.
        var isAwake = false
    }

    private let limit: Int
    private let state = Monitor(State())

    init(limit: Int) {
        self.limit = limit
    }

    /// False when the block is not going to be written.
    func offer(_ id: BlockID, _ bytes: Bytes) -> Bool {
        state.change { state in
            guard !state.isClosed, state.bytes + state.bytesTaken + bytes.count <= limit else { return false }
            state.blocks.append((id, bytes))
            state.bytes += bytes.count
            return true
        }
    }

    /// Waits for blocks, for at most `interval`.
    func next(atMost interval: Duration) -> Work {
        let work = state.wait(atMost: interval) { state -> Work? in
            state.bytesTaken = 0
            guard state.isClosed || state.isAwake || !state.blocks.isEmpty else { return nil }
            state.isAwake = false
            state.bytesTaken = state.bytes
            defer {
                state.blocks = []
                state.bytes = 0
            }
            return state.isClosed ? .last(state.blocks) : .blocks(state.blocks)
        }
        return work ?? .nothing
    }

    /// Bytes that have not been written yet.
    var waiting: Int { state.change { $0.bytes + $0.bytesTaken } }

    var isClosed: Bool { state.change { $0.isClosed } }

    /// Ends the present wait, or else the next one.
    func wake() {
        state.changeForAll { $0.isAwake = true }
    }

    func close() {
        state.changeForAll { $0.isClosed = true }
    }
}
