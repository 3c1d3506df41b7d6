import FileSystemTypes
import UserFiles
import ObjectStorage
import Synchronization
import Threads

/// The bytes that become an object: of a file, of standard input or of the command line. Read once, front to back.
final class ObjectContentSource: Sendable {
    private enum Origin: Sendable {
        case file(UserFile, size: Int64)
        case stream(UserFile)
        case bytes(Bytes)
    }

    private struct State {
        var position: Int64 = 0
        /// Of a stream: what was read and not yet given.
        var ahead = Bytes()
        var isAtEnd = false
    }

    /// In bytes, of what is read once.
    static let largestInMemory: Int64 = 1 << 30

    private let origin: Origin
    private let state = Mutex(State())

    init(_ content: ContentOptions, on executor: BlockingExecutor) throws {
        origin = try content.file.map { try Self.origin($0, on: executor) } ?? .bytes(Bytes(content.text ?? ""))
    }

    /// Of a file, or of standard input where that is `-`.
    init(path: String, on executor: BlockingExecutor) throws {
        origin = try Self.origin(path, on: executor)
    }

    /// In bytes, where that is known before.
    var size: Int64? {
        switch origin {
        case .file(_, let size): size
        case .stream: nil
        case .bytes(let bytes): Int64(bytes.count)
        }
    }

    private static func origin(_ path: String, on executor: BlockingExecutor) throws -> Origin {
        guard path != "-" else {
            return .stream(try standardInput(on: executor))
        }
        do throws(Errno) {
            let file = try UserFile(path, .read, on: executor)
            let facts = try file.facts()
            guard !facts.isFolder else { throw .isDirectory }
            // A pipe has no size, and is read once.
            return facts.isPlainFile ? .file(file, size: facts.size) : .stream(file)
        } catch {
            throw Failure("cannot read \(path): \(error)")
        }
    }

    /// All of it, where it is no longer than `limit`; nil else, and then `part` begins at its start.
    func whole(upTo limit: Int64) async throws(StoreError) -> (any ByteSource)? {
        switch origin {
        case .bytes(let bytes): return BytesSource(bytes)
        case .file(let file, let size): return size <= limit ? FileSource(file, ByteRange(offset: 0, count: size)) : nil
        case .stream(let stream):
            let most = Int(min(limit, Self.largestInMemory))
            let bytes = try await read(stream, most + 1)
            if bytes.count <= most { return BytesSource(bytes) }
            state.withLock { $0.ahead = bytes }
            return nil
        }
    }

    /// The next `size` bytes, fewer at the end; nil after the last.
    func part(_ size: Int64) async throws(StoreError) -> (any ByteSource)? {
        switch origin {
        case .bytes: return nil
        case .file(let file, let total):
            let start = state.withLock { $0.position }
            guard start < total else { return nil }
            let count = min(size, total - start)
            state.withLock { $0.position = start + count }
            return FileSource(file, ByteRange(offset: start, count: count))
        case .stream(let stream): return try await streamed(stream, Int(size))
        }
    }

    private func streamed(_ stream: UserFile, _ size: Int) async throws(StoreError) -> (any ByteSource)? {
        var bytes = state.withLock { $0.ahead }
        if bytes.count < size, !state.withLock({ $0.isAtEnd }) {
            let missing = size - bytes.count
            let more = try await read(stream, missing)
            if more.count < missing { state.withLock { $0.isAtEnd = true } }
            bytes.append(more)
        }
        guard !bytes.isEmpty else { return nil }
        let rest = bytes.slice(from: size, upTo: bytes.count)
        state.withLock { $0.ahead = rest }
        return BytesSource(bytes.slice(from: 0, upTo: size))
    }

    private static func standardInput(on executor: BlockingExecutor) throws -> UserFile {
        do throws(Errno) {
            return try UserFile.standardInput(on: executor)
        } catch {
            throw Failure("cannot read standard input: \(error)")
        }
    }

    private func read(_ stream: UserFile, _ count: Int) async throws(StoreError) -> Bytes {
        do throws(Errno) {
            return try await stream.next(count)
        } catch {
            throw StoreError(.localFailure, "cannot read the bytes: \(error)")
        }
    }
}
