internal import FileSystemTypes
internal import LocalFiles
internal import Synchronization
internal import Threads

/// The folder of staging files. New files are made several at once, ahead of need: one fsync(2) of the folder makes the names of all of them last.
final class StagingFiles: Sendable {
    private struct State {
        /// Made, and their names on the disk.
        var spares: [(name: String, descriptor: Int32)] = []
        var nextNumber: UInt64
    }

    /// How many files are made at once.
    static let batch = 32

    let folder: String
    let files: any FileOperations
    let space: StagingSpace
    let executor: BlockingExecutor
    private let state: Mutex<State>
    /// Held by whoever makes the next batch; taken before `state`.
    private let making = Mutex<Void>(())

    /// `firstNumber` is higher than any name in the folder.
    init(folder: String, firstNumber: UInt64, files: any FileOperations, space: StagingSpace, executor: BlockingExecutor) {
        self.folder = folder
        self.files = files
        self.space = space
        self.executor = executor
        state = Mutex(State(nextNumber: firstNumber))
    }

    deinit {
        clear()
    }

    /// An empty file whose name survives a power cut. Blocks on the local disk once in `batch` times.
    func make() throws(StateError) -> StagedFile {
        let ready = take()
        let spare = if let ready { ready } else { try makeBatch() }
        return StagedFile(name: spare.name, folder: folder, descriptor: spare.descriptor, files: files, space: space, executor: executor)
    }

    /// The file of this name with what the journal recorded of it. A longer file has lost nothing: what follows was never acknowledged.
    func open(_ name: String, _ sums: BlockChecksums, recordedFor id: FileID) throws(StateError) -> StagedFile {
        let path = "\(folder)/\(name)"
        let (descriptor, size) = try open(path, cutTo: sums.length)
        guard size >= sums.length else {
            files.close(descriptor)
            throw StateError(
                .corrupted(file: name, offset: size), "\(path) has \(size) of the \(sums.length) bytes that were written; nothing of it is uploaded")
        }
        return StagedFile(
            name: name, folder: folder, descriptor: descriptor, sums: sums, recordedFor: id, files: files, space: space, executor: executor)
    }

    /// As `open`, with bytes that the journal has kept; what the file on the disk has does not count, or whether there is one.
    func restore(_ name: String, _ bytes: [UInt8], _ sums: BlockChecksums, recordedFor id: FileID) throws(StateError) -> StagedFile {
        let path = "\(folder)/\(name)"
        guard Int64(bytes.count) == sums.length, sums.sums == (bytes.isEmpty ? [] : [CRC32C.check(of: bytes)]) else {
            throw StateError(.corrupted(file: name, offset: 0), "the bytes of \(path) in the journal are not those that were written")
        }
        var descriptor: Int32 = -1
        do throws(Errno) {
            descriptor = try openOrMake(path)
            try files.truncate(descriptor, to: 0)
            try files.write(descriptor, unsafe bytes.span.bytes, at: 0)
        } catch {
            if descriptor >= 0 { files.close(descriptor) }
            throw .call("write \(path)", error)
        }
        let file = StagedFile(
            name: name, folder: folder, descriptor: descriptor, sums: sums, recordedFor: id, files: files, space: space, executor: executor)
        file.state.withLock { $0.hasUnsynced = true }
        return file
    }

    private func openOrMake(_ path: String) throws(Errno) -> Int32 {
        do throws(Errno) {
            return try files.open(path, creating: false)
        } catch  where error == .noSuchFile {
            let descriptor = try files.open(path, creating: true)
            try files.syncFolder(folder)
            return descriptor
        } catch {
            throw error
        }
    }

    /// The open file and the length it had.
    private func open(_ path: String, cutTo length: Int64) throws(StateError) -> (Int32, Int64) {
        var descriptor: Int32 = -1
        do throws(Errno) {
            descriptor = try files.open(path, creating: false)
            let size = try files.size(descriptor)
            if size > length { try files.truncate(descriptor, to: length) }
            return (descriptor, size)
        } catch {
            if descriptor >= 0 { files.close(descriptor) }
            throw .call("open \(path)", error)
        }
    }

    /// Removes the files that were never used.
    func clear() {
        let unused = state.withLock { state in
            defer { state.spares = [] }
            return state.spares
        }
        for spare in unused {
            files.close(spare.descriptor)
            try? files.remove("\(folder)/\(spare.name)")
        }
    }

    private func take() -> (name: String, descriptor: Int32)? {
        state.withLock { $0.spares.popLast() }
    }

    private func makeBatch() throws(StateError) -> (name: String, descriptor: Int32) {
        try making.withLock { _ throws(StateError) in
            if let spare = take() { return spare }
            var made: [(name: String, descriptor: Int32)] = []
            do throws(Errno) {
                while made.count < Self.batch { made.append(try makeOne()) }
                try files.syncFolder(folder)
            } catch {
                discard(made)
                throw .call("make a file in \(folder)", error)
            }
            let first = made.removeFirst()
            state.withLock { $0.spares += made.reversed() }
            return first
        }
    }

    private func makeOne() throws(Errno) -> (name: String, descriptor: Int32) {
        let number = state.withLock { state in
            defer { state.nextNumber += 1 }
            return state.nextNumber
        }
        let name = Self.name(of: number)
        return (name, try files.open("\(folder)/\(name)", creating: true))
    }

    private func discard(_ made: [(name: String, descriptor: Int32)]) {
        for file in made {
            files.close(file.descriptor)
            try? files.remove("\(folder)/\(file.name)")
        }
    }

    static func name(of number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// Nil for a name that no staging file has.
    static func number(of name: String) -> UInt64? {
        name.utf8.count == 16 ? UInt64(name, radix: 16) : nil
    }
}
