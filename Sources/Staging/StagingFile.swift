package import FileSystemTypes
internal import Glibc
internal import Threads

/// The bytes of one file on the local disk, by descriptor. All methods but `source` block on that disk.
package final class StagingFile: Sendable {
    private let descriptor: Int32
    let executor: BlockingExecutor

    init(descriptor: Int32, executor: BlockingExecutor) {
        self.descriptor = descriptor
        self.executor = executor
    }

    deinit {
        close(descriptor)
    }

    /// Up to `count` bytes; fewer only at the end (pread(2)).
    package func read(at offset: Int64, count: Int) throws(Errno) -> Bytes {
        var failure: Errno?
        let array = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let space = unsafe UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[filled...])
                let got = unsafe pread(descriptor, space.baseAddress, space.count, off_t(offset) + off_t(filled))
                if got < 0, Errno.current == .interrupted { continue }
                if got < 0 { failure = Errno.current }
                if got <= 0 { return }
                filled += got
            }
        }
        if let failure { throw failure }
        return Bytes(array)
    }

    /// Writes all of `bytes` (pwrite(2)). After an error the range may be partly written.
    package func write(_ bytes: RawSpan, at offset: Int64) throws(Errno) {
        var done = 0
        while done < bytes.byteCount {
            let rest = bytes.extracting(droppingFirst: done)
            let written = unsafe rest.withUnsafeBytes { unsafe pwrite(descriptor, $0.baseAddress, $0.count, off_t(offset) + off_t(done)) }
            if written < 0, Errno.current == .interrupted { continue }
            if written < 0 { throw Errno.current }
            done += written
        }
    }

    package func write(_ bytes: Bytes, at offset: Int64) throws(Errno) {
        var position = offset
        for piece in bytes.pieces {
            try write(unsafe piece.span.bytes, at: position)
            position += Int64(piece.count)
        }
    }

    /// Cuts off or adds a hole (ftruncate(2)).
    package func truncate(to size: Int64) throws(Errno) {
        guard ftruncate(descriptor, off_t(size)) == 0 else { throw Errno.current }
    }

    /// The bytes of `range` as the body of a request.
    package func source(_ range: ByteRange) -> any ByteSource {
        StagedSource(file: self, range: range)
    }
}

/// A range of a staging file; its reads run on threads that may block.
private struct StagedSource: ByteSource {
    let file: StagingFile
    let range: ByteRange

    var count: Int64 { range.count }

    func read(at offset: Int64, upTo maximum: Int) async throws(Errno) -> Bytes {
        let wanted = Int(min(Int64(maximum), range.count - offset))
        let outcome = await withTaskExecutorPreference(file.executor) { () async -> Result<Bytes, Errno> in
            do throws(Errno) {
                return .success(try file.read(at: range.offset + offset, count: wanted))
            } catch {
                return .failure(error)
            }
        }
        let bytes = try outcome.get()
        guard !bytes.isEmpty || wanted == 0 else { throw Errno.inputOutput }
        return bytes
    }
}
