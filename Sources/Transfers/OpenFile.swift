internal import FileSystemTypes
internal import LocalFiles
internal import Threads

/// A file that is closed when nobody reads or writes it any more: a request that was called off may still be reading.
final class OpenFile: Sendable {
    let path: LocalPath
    let descriptor: FileDescriptor

    /// Blocks for as long as the disk does.
    init(_ path: LocalPath, _ flags: Int32) throws(Errno) {
        self.path = path
        descriptor = try LocalSystem.open(path, flags)
    }

    deinit {
        descriptor.close()
    }
}

/// A range of a file as the body of a request.
struct FileRange: ByteSource {
    let file: OpenFile
    let range: ByteRange
    let executor: BlockingExecutor

    var count: Int64 { range.count }

    func read(at offset: Int64, upTo maximum: Int) async throws(Errno) -> Bytes {
        let (start, count) = (range.offset + offset, Int(min(Int64(maximum), range.count - offset)))
        let bytes = try await executor.run { [file] () throws(Errno) in try file.descriptor.read(at: start, count: count) }
        guard !bytes.isEmpty else { throw Errno.inputOutput }
        return Bytes(bytes)
    }
}
