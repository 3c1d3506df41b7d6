internal import FileSystemTypes
internal import ObjectStorage
internal import Staging
internal import Synchronization

/// The content of a file that is open, shared by all its handles.
///
/// It is either that of one version in the store, or wholly in a staging file (after the first write, or when new).
/// Whoever changes content or commits it holds `gate`; `state` is locked only for a moment, never across a wait.
final class OpenFile: Sendable {
    struct State {
        var handles = 0
        /// How many of them write.
        var writers = 0
        /// Nil while the content is that of `base`.
        var staging: StagingFile?
        /// What the staged content replaces, and what is read while there is none. Nil for a new file.
        var base: RemoteVersion?
        /// Of the staged content, in bytes.
        var size: Int64 = 0
        var modified = Timestamp.now
        /// The store does not have the staged content.
        var hasNewContent = false
        /// The store does not have the node's attributes.
        var hasNewAttributes = false
    }

    let inode: Inode
    let gate = SerialGate()
    private let state: Mutex<State>

    init(inode: Inode, base: RemoteVersion?) {
        self.inode = inode
        state = Mutex(State(base: base))
    }

    func withLockedState<Value>(_ body: (inout State) -> Value) -> Value {
        state.withLock { body(&$0) }
    }

    var isChanged: Bool {
        state.withLock { $0.hasNewContent || $0.hasNewAttributes }
    }

    /// Size and time of the staged content; nil while the content is the store's.
    var localAttributes: (size: Int64, modified: Timestamp)? {
        state.withLock { $0.staging == nil ? nil : ($0.size, $0.modified) }
    }

    /// Reads staged content; nil while there is none. Blocks on the local disk.
    func readStaged(at offset: Int64, count: Int) throws(Errno) -> Bytes? {
        let (staging, size) = state.withLock { ($0.staging, $0.size) }
        guard let staging else { return nil }
        let range = ByteRange(offset: offset, count: Int64(count)).clamped(toSize: size)
        return range.isEmpty ? Bytes() : try staging.read(at: range.offset, count: Int(range.count))
    }

    /// Writes into staged content; false while there is none. The gate is held. Blocks on the local disk.
    func writeStaged(_ bytes: RawSpan, at offset: Int64) throws(Errno) -> Bool {
        guard let staging = state.withLock({ $0.staging }) else { return false }
        try staging.write(bytes, at: offset)
        noteWritten(upTo: offset + Int64(bytes.byteCount))
        return true
    }

    func noteWritten(upTo end: Int64) {
        state.withLock { state in
            state.size = max(state.size, end)
            state.modified = .now
            state.hasNewContent = true
        }
    }
}

// MARK: - Handles

extension OpenFile {
    /// A file that the store does not have.
    convenience init(inode: Inode, new content: StagingFile) {
        self.init(inode: inode, base: nil)
        replace(with: content)
    }

    var base: RemoteVersion? { withLockedState { $0.base } }

    var hasWriters: Bool { withLockedState { $0.writers > 0 } }

    var isOpen: Bool { withLockedState { $0.handles > 0 } }

    /// New, empty content in the place of what was there.
    func replace(with content: StagingFile) {
        withLockedState { state in
            state.staging = content
            state.size = 0
            state.modified = .now
            state.hasNewContent = true
        }
    }

    /// The store has another version now; content that was staged here stays as it is.
    func adopt(_ version: RemoteVersion?) {
        withLockedState { state in
            if state.staging == nil { state.base = version }
        }
    }

    func retain(writing: Bool) {
        withLockedState { state in
            state.handles += 1
            state.writers += writing ? 1 : 0
        }
    }

    /// True when it was the last handle.
    func releaseOne(writing: Bool) -> Bool {
        withLockedState { state in
            state.handles -= 1
            state.writers -= writing ? 1 : 0
            return state.handles == 0
        }
    }
}
