package import FileSystemTypes
internal import Glibc
internal import LocalFiles
internal import Synchronization

/// The records of a transfer in a file, one line each. What was written by half when the process ended is left out when it is read again.
///
/// A checkpoint without a file remembers nothing beyond the process: for transfers that need none.
package final class CheckpointFile: Sendable {
    private struct State: ~Copyable {
        var content: CheckpointState
        var file: FileDescriptor?
        var end: Int64 = 0
        /// Lines in the file.
        var lines = 0
    }

    /// So many lines are rewritten as the few that say the same.
    private static let mostLines = 8192

    private let path: LocalPath?
    private let state: Mutex<State>

    /// Blocks for as long as the disk does.
    package init(_ path: LocalPath?) throws(Errno) {
        self.path = path
        guard let path else {
            state = Mutex(State(content: CheckpointState(), file: nil))
            return
        }
        let file = try LocalSystem.open(path, O_RDWR | O_CREAT)
        do throws(Errno) {
            let content = Self.content(try file.read(at: 0, count: Int(try file.status().st_size)))
            state = Mutex(State(content: content, file: file))
            try state.withLock { state throws(Errno) in try Self.rewrite(&state, path) }
        } catch {
            file.close()
            throw error
        }
    }

    deinit {
        state.withLock { $0.file?.close() }
    }

    /// What the records say so far.
    package var content: CheckpointState { state.withLock { $0.content } }

    package func partial(_ path: RelativePath) -> PartialTransfer? { state.withLock { $0.content.partial[path] } }

    package func wasFinished(_ path: RelativePath) -> Bool { state.withLock { $0.content.finished.contains(path) } }

    /// Files that have begun and are after one that is not done.
    package var window: Int { state.withLock { $0.content.finished.window } }

    package func begin(_ path: RelativePath) {
        state.withLock { $0.content.finished.begin(path) }
    }

    /// `isDurable`: returns when it is on the disk; it blocks for as long as that takes.
    package func append(_ record: CheckpointRecord, isDurable: Bool) throws(Errno) {
        let line = record.line
        try state.withLock { state throws(Errno) in
            state.content.apply(record)
            guard let file = state.file, let path else { return }
            if state.lines >= Self.mostLines, state.lines >= 4 * state.content.records.count { return try Self.rewrite(&state, path) }
            try file.write(line[...], at: state.end)
            state.end += Int64(line.count)
            state.lines += 1
            if isDurable { try file.syncData() }
        }
    }

    private static func content(_ bytes: [UInt8]) -> CheckpointState {
        var content = CheckpointState()
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            // What follows a damaged line may rest on it.
            guard let record = CheckpointRecord(line: line) else { break }
            content.apply(record)
        }
        return content
    }

    /// Replaced in one step: whoever reads it finds the old lines or the new ones.
    private static func rewrite(_ state: inout State, _ path: LocalPath) throws(Errno) {
        let records = state.content.records
        let bytes = records.flatMap(\.line)
        let beside = LocalPath(path.bytes + Array(".new".utf8))
        let file = try LocalSystem.open(beside, O_RDWR | O_CREAT | O_TRUNC)
        do throws(Errno) {
            try file.write(bytes[...], at: 0)
            try file.sync()
            try LocalSystem.rename(beside, to: path)
            try LocalSystem.syncFolder(path.parent)
        } catch {
            file.close()
            throw error
        }
        state.file?.close()
        state.file = file
        state.end = Int64(bytes.count)
        state.lines = records.count
    }
}
