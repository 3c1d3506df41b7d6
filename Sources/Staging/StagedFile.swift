package import FileSystemTypes
internal import Synchronization
internal import Threads

/// The bytes of one written file on the local disk, under a name, so that they survive the process and a power cut.
///
/// It is a log: new bytes go to its end, and `append` says where; what stands where in the user's file is for the extent map to know.
/// Bytes that have been sealed for an acknowledgement are never changed again, so what a crash leaves of a file is exactly what was
/// acknowledged, whatever was written after. Every read is checked against the checksums taken when the bytes were written.
///
/// Methods block on the local disk; `source` does not. One caller at a time may change the file, any number may read.
package final class StagedFile: Sendable {
    struct State {
        var sums: BlockChecksums
        /// Bytes before this were acknowledged, or are about to be.
        var sealed: Int64
        /// Whose record in the journal has the checksums that have not changed.
        var recordedFor: FileID?
        /// The file on the disk may lack some of the bytes.
        var hasUnsynced = false
        var released = RangeSet()
        var punched = RangeSet()
        var isRemoved = false
        /// The first damage; there is no going on after a failed fdatasync(2), which forgets what it could not write.
        var fault: StateError?

        /// What the file takes on the disk, in bytes.
        var occupied: Int64 { StagingSpace.rounded(sums.length) - punched.count }
    }

    /// The file's name in the staging folder, as the journal records it.
    package let name: String
    let path: String
    let descriptor: Int32
    let files: any FileOperations
    let space: StagingSpace
    let executor: BlockingExecutor
    /// Held while bytes are brought to the disk; taken before `writing`.
    private let sealing = Mutex<Void>(())
    /// Held while bytes or their checksums change; taken before `state`.
    let writing = Mutex<Void>(())
    let state: Mutex<State>

    init(
        name: String, folder: String, descriptor: Int32, sums: BlockChecksums = BlockChecksums(), recordedFor id: FileID? = nil,
        files: any FileOperations, space: StagingSpace, executor: BlockingExecutor
    ) {
        self.name = name
        path = "\(folder)/\(name)"
        self.descriptor = descriptor
        self.files = files
        self.space = space
        self.executor = executor
        state = Mutex(State(sums: sums, sealed: sums.length, recordedFor: id))
    }

    /// The space of a removed file is free once nobody reads it any more.
    deinit {
        files.close(descriptor)
        state.withLock { if $0.isRemoved { space.release($0.occupied) } }
    }

    /// In bytes, released ones included.
    package var length: Int64 { state.withLock { $0.sums.length } }

    /// Bytes before this offset can no longer be overwritten.
    package var sealedLength: Int64 { state.withLock { $0.sealed } }

    /// What the file takes on the disk, in bytes.
    package var occupied: Int64 { state.withLock { $0.occupied } }

    /// The damage that was found, by whichever call met it first.
    package var fault: StateError? { state.withLock { $0.fault } }

    /// Writes `bytes` at the end and returns where they begin. Without space it fails with `full` and the file is as before.
    package func append(_ bytes: RawSpan) throws(StateError) -> Int64 {
        try writing.withLock { _ throws(StateError) in
            let offset = try lengthUnlessFaulty()
            let growth = StagingSpace.rounded(offset + Int64(bytes.byteCount)) - StagingSpace.rounded(offset)
            try space.reserve(growth)
            do throws(Errno) {
                try files.write(descriptor, bytes, at: offset)
            } catch {
                space.release(growth)
                takeBack(to: offset)
                throw .call("write to \(path)", error)
            }
            state.withLock { state in
                state.sums.append(bytes)
                state.hasUnsynced = true
            }
            return offset
        }
    }

    package func append(_ bytes: Bytes) throws(StateError) -> Int64 {
        let joined = bytes.pieces.count == 1 ? bytes.pieces[0] : bytes.contiguous[...]
        return try append(unsafe joined.span.bytes)
    }

    /// Cuts off what a failed write may have left, which nothing refers to.
    private func takeBack(to length: Int64) {
        try? files.truncate(descriptor, to: length)
    }

    private func lengthUnlessFaulty() throws(StateError) -> Int64 {
        let (length, fault) = state.withLock { ($0.sums.length, $0.fault) }
        if let fault { throw fault }
        return length
    }

    /// Brings all bytes to the disk and makes them unchangeable; the answer is what the record `id` of the journal has to say of them.
    ///
    /// A file of one block goes into the journal with its record, so that both reach the disk at once: half the waiting for a small file.
    /// After a failure the bytes must be written anew, to another file: every further seal fails as well.
    package func seal(for id: FileID) throws(StateError) -> StagingSeal {
        try sealing.withLock { _ throws(StateError) in
            var (seal, hasUnsynced) = try markSealed(for: id)
            guard hasUnsynced else { return seal }
            if seal.length <= BlockChecksums.blockSize {
                seal.bytes = try read(at: 0, count: Int(seal.length)).contiguous
            } else {
                try sync()
            }
            return seal
        }
    }

    private func markSealed(for id: FileID) throws(StateError) -> (StagingSeal, hasUnsynced: Bool) {
        try writing.withLock { _ throws(StateError) in
            _ = try lengthUnlessFaulty()
            return state.withLock { state in
                state.sealed = state.sums.length
                let chunks = state.sums.chunks(all: state.recordedFor != id)
                return (StagingSeal(file: name, length: state.sums.length, chunks: chunks), state.hasUnsynced)
            }
        }
    }

    /// What is appended meanwhile may or may not be among what reaches the disk; the next seal brings it there.
    private func sync() throws(StateError) {
        state.withLock { $0.hasUnsynced = false }
        do throws(Errno) {
            try files.sync(descriptor)
        } catch {
            throw remember(.call("bring \(path) to the disk", error))
        }
    }

    /// The journal has recorded `seal`: its checksums need not be written again.
    func recorded(_ seal: StagingSeal, for id: FileID) {
        state.withLock { state in
            state.sums.recorded(seal.chunks)
            state.recordedFor = id
        }
    }

    /// The journal has dropped the file's content: its checksums have to be written again with the next.
    package func noteDropped() {
        state.withLock { $0.recordedFor = nil }
    }

    /// Keeps the first fault and returns it.
    func remember(_ error: StateError) -> StateError {
        state.withLock { state in
            let first = state.fault ?? error
            state.fault = first
            return first
        }
    }

    /// Nobody in this process uses the file any more, and a record of the journal keeps it: it is counted whole again, as
    /// `StateFolder.openFile` and `keepOnly` expect of a file that is opened anew.
    package func park() {
        let punched = state.withLock { state in
            guard !state.isRemoved else { return Int64(0) }
            let count = state.punched.count
            // Counted once, however often it is parked.
            state.punched = RangeSet()
            return count
        }
        space.adopt(punched)
    }

    /// Takes the file off the disk. Whoever reads it still can; a crash may bring the name back, which the next start clears away.
    package func remove() throws(StateError) {
        guard !(state.withLock { $0.isRemoved }) else { return }
        do throws(Errno) {
            try files.remove(path)
        } catch  where error != .noSuchFile {
            throw .call("remove \(path)", error)
        } catch {}
        state.withLock { $0.isRemoved = true }
    }
}

/// What has to be recorded of a staging file before its bytes may be acknowledged; `StagedFile.seal` gives it once they are on the disk.
package struct StagingSeal: Hashable, Sendable {
    /// The file's name in the staging folder.
    package let file: String
    /// How many of its bytes are sealed.
    package let length: Int64
    /// The checksums that the journal does not have yet, by chunk.
    let chunks: [Int: [UInt32]]
    /// All of the file's bytes, where the journal is to keep them instead of the file.
    var bytes: [UInt8]?
}
