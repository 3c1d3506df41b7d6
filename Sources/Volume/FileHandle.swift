internal import Content
internal import FileSystemTypes
internal import Reading
internal import Synchronization

/// One open(2) of a file: how it was opened, and which version it reads.
final class FileHandle: Sendable {
    private struct State {
        /// Nil for a file that the store did not have.
        var opened: ObjectVersion?
        var readers: [ObjectVersion: ObjectReader] = [:]
        /// A descriptor of it was closed, and nothing was written since: most likely it is only not released yet.
        var isFlushed = false
    }

    let file: OpenFile
    let options: OpenOptions
    /// Who has opened it.
    let process: Int32
    private let isRead = Atomic<Bool>(false)
    private let state: Mutex<State>

    init(_ file: OpenFile, options: OpenOptions, version: ObjectVersion?, by process: Int32) {
        self.file = file
        self.options = options
        self.process = process
        state = Mutex(State(opened: version))
    }

    /// The version that is read as long as nothing is changed here.
    var opened: ObjectVersion? { state.withLock { $0.opened } }

    /// Somebody may go on writing through it.
    var isWriting: Bool { options.writes && !state.withLock { $0.isFlushed } }

    func note(flushed: Bool) {
        state.withLock { $0.isFlushed = flushed }
    }

    /// True once: for the first read.
    func beginsReading() -> Bool { !isRead.load(ordering: .relaxed) && !isRead.exchange(true, ordering: .relaxed) }

    /// Whether something of the version has been read.
    func hasReader(of version: ObjectVersion) -> Bool { state.withLock { $0.readers[version] != nil } }

    /// Reads a version for this handle: each has its own place in a stream.
    func reader(of version: ObjectVersion, in volume: Volume) -> ObjectReader {
        state.withLock { state in
            if let known = state.readers[version] { return known }
            let made = volume.reading.open(version)
            state.readers[version] = made
            return made
        }
    }

    /// The opened version is another now: its bytes were stored anew, or its object was renamed.
    func repin(from old: ObjectVersion?, to new: ObjectVersion) {
        let stale = state.withLock { state -> ObjectReader? in
            guard state.opened == old else { return nil }
            state.opened = new
            return old.flatMap { state.readers.removeValue(forKey: $0) }
        }
        stale?.close()
    }

    func stopReading() {
        let readers = state.withLock { state in
            defer { state.readers = [:] }
            return Array(state.readers.values)
        }
        for reader in readers { reader.close() }
    }
}
