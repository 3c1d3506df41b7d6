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
        var file: OpenFile?
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
        let file = try OpenFile(path, O_RDWR | O_CREAT)
        let content = Self.content(try file.descriptor.read(at: 0, count: Int(try file.descriptor.status().st_size)))
        state = Mutex(State(content: content, file: file))
        try state.withLock { state throws(Errno) in try Self.rewrite(&state, path) }
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
        let unsynced = try state.withLock { state throws(Errno) -> OpenFile? in
            state.content.apply(record)
            guard let file = state.file, let path else { return nil }
            if state.lines >= Self.mostLines, state.lines >= 4 * state.content.records.count {
                try Self.rewrite(&state, path)
                return nil
            }
            try file.descriptor.write(line[...], at: state.end)
            state.end += Int64(line.count)
            state.lines += 1
            return isDurable ? file : nil
        }
        // One that has been rewritten meanwhile is on the disk with this record in it.
        try unsynced?.descriptor.syncData()
    }

    /// All that was remembered is forgotten.
    package func reset() throws(Errno) {
        try state.withLock { state throws(Errno) in
            state.content = CheckpointState()
            if let path { try Self.rewrite(&state, path) }
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
        let file = try OpenFile(beside, O_RDWR | O_CREAT | O_TRUNC)
        try file.descriptor.write(bytes[...], at: 0)
        try file.descriptor.sync()
        try LocalSystem.rename(beside, to: path)
        try LocalSystem.syncFolder(path.parent)
        state.file = file
        state.end = Int64(bytes.count)
        state.lines = records.count
    }
}
