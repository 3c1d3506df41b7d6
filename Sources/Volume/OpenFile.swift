internal import Content
internal import FileSystemTypes
internal import ObjectStorage
internal import Staging
internal import Synchronization
internal import Uploads

/// The content of a file that is open or not yet stored, shared by all its handles.
///
/// What each byte is, the map says: unchanged bytes are those of a version in the store, changed ones lie in a staging file. Whoever changes
/// content holds `gate`, and only for the local disk; whoever stores it holds `sending`, taken first. `state` is locked for a moment, never
/// across a wait.
final class OpenFile: Sendable {
    /// Counts changes; what is stored or recorded is told by the count at that time.
    struct Revision: Hashable, Sendable {
        var content = 0
        var attributes = 0
    }

    /// That an upload is about to be begun, as the journal has it.
    struct UploadIntent: Sendable {
        let id: Int64
        let key: Key
        let since: Timestamp
        /// The store did not answer, and may have begun one.
        var isUncertain = false
    }

    struct State {
        var handles = 0
        /// How many of them write.
        var writers = 0
        var map: ExtentMap
        /// Nil until something is written.
        var staged: StagedFile?
        /// Staged bytes before this belong to a state that is being stored or recorded: newer ones go behind them.
        var frozen: Int64 = 0
        /// Ranges of the staging file that nothing refers to any more.
        var garbage: [ByteRange] = []
        var modified = Timestamp.now
        /// When the content was last changed, whatever `modified` was set to since.
        var changed = Timestamp.now
        /// Of now, of what the store has, and of what the journal has.
        var revision = Revision()
        var stored = Revision()
        var recorded: Revision?
        /// The file's record in the journal: of content (`recorded`), of an upload, or of neither any more.
        var record: FileID?
        /// Times were set by a program: they must be stored as they are.
        var hasExplicitTimes = false
        /// Where the next append to the base goes, if it can grow.
        var appendPosition: Int64?
        /// Made by an open with `O_APPEND`.
        var wantsAppendable = false
        /// Sends what was appended, after a while.
        var gathering: Task<Void, Never>?
        var isSendingGathered = false
        /// The object has been made one piece, because it had grown as often as it could.
        var isCompacted = false
        var stream = UploadStream()
        /// The upload that the store has begun for the file and neither completed nor aborted, as far as is known.
        var openUpload: Upload?
        var openIntent: UploadIntent?
        /// Bytes that this upload has, as far as is known.
        var sent: Int64 = 0
        /// Why the last attempt to store it failed.
        var failure: StoreError?
        /// An upload is scheduled.
        var isQueued = false
        /// Its object is being deleted or replaced under its name: whoever opens it waits for what becomes of that.
        var isLeaving = false
    }

    let inode: Inode
    let gate = SerialGate()
    let sending = SerialGate()
    let owner: TransferPool.Owner
    private let state: Mutex<State>
    private static let numbers = Atomic<UInt64>(0)

    init(inode: Inode, base: ObjectVersion?) {
        self.inode = inode
        owner = TransferPool.Owner(Self.numbers.add(1, ordering: .relaxed).newValue)
        state = Mutex(State(map: ExtentMap(base: base)))
    }

    func withLockedState<Value>(_ body: (inout State) -> Value) -> Value {
        state.withLock { body(&$0) }
    }

    /// The store does not have its present content or attributes.
    var isChanged: Bool {
        state.withLock { $0.revision != $0.stored }
    }

    var hasNewContent: Bool {
        state.withLock { $0.revision.content != $0.stored.content }
    }

    /// Size and times of content that the store does not have; nil while it has it.
    var localAttributes: (size: Int64, modified: Timestamp, changed: Timestamp)? {
        state.withLock { $0.revision.content == $0.stored.content ? nil : ($0.map.size, $0.modified, $0.changed) }
    }

    var base: ObjectVersion? { state.withLock { $0.map.base } }

    var size: Int64 { state.withLock { $0.map.size } }

    var isLeaving: Bool { state.withLock { $0.isLeaving } }

    var isOpen: Bool { state.withLock { $0.handles > 0 } }
}

extension OpenFile.State {
    /// What the journal has of the content is not to be stored any more; nil where it has nothing. An upload that is open stays recorded.
    mutating func forgetRecord() -> JournalChange? {
        guard let id = record else { return nil }
        recorded = nil
        staged?.noteDropped()
        if openUpload != nil { return .dropContent(id) }
        record = nil
        return .remove(id)
    }
}

// MARK: - Handles

extension OpenFile {
    /// A file that the store does not have, empty.
    convenience init(new inode: Inode) {
        self.init(inode: inode, base: nil)
        withLockedState { $0.revision.content = 1 }
    }

    /// The store has another version now; changes made here keep what they are based on.
    func adopt(_ version: ObjectVersion?) {
        withLockedState { state in
            guard state.revision == state.stored, state.map.base != version else { return }
            state.map = ExtentMap(base: version)
            state.appendPosition = nil
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
