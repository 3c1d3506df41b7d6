internal import CLocalFiles
package import FileSystemTypes
package import Glibc

/// The number of an open file of the local disk, and the calls that take one. A call that a signal interrupts is made again; whoever opened it
/// closes it.
package struct FileDescriptor: Sendable {
    package let number: Int32

    package init(_ number: Int32) {
        self.number = number
    }

    /// open(2); what it makes, only its owner can read and write.
    package static func open(_ path: String, _ flags: Int32) throws(Errno) -> FileDescriptor {
        FileDescriptor(try retrying { unsafe Glibc.open(path, flags | O_CLOEXEC, 0o600) })
    }

    package func close() {
        _ = Glibc.close(number)
    }

    /// fstat(2).
    package func status() throws(Errno) -> stat {
        var status = stat()
        try retrying { unsafe fstat(number, &status) }
        return status
    }

    /// Up to `count` bytes; fewer only at the end (pread(2)).
    package func read(at offset: Int64, count: Int) throws(Errno) -> [UInt8] {
        var failure: Errno?
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let space = unsafe UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[filled...])
                let got = unsafe pread(number, space.baseAddress, space.count, off_t(offset) + off_t(filled))
                if got < 0, Errno.current == .interrupted { continue }
                if got < 0 { failure = Errno.current }
                if got <= 0 { return }
                filled += got
            }
        }
        if let failure { throw failure }
        return bytes
    }

    /// All of `bytes` (pwrite(2)). After an error a part may be written.
    package func write(_ bytes: RawSpan, at offset: Int64) throws(Errno) {
        var done = 0
        while done < bytes.byteCount {
            let rest = bytes.extracting(droppingFirst: done)
            let written = unsafe rest.withUnsafeBytes { unsafe pwrite(number, $0.baseAddress, $0.count, off_t(offset) + off_t(done)) }
            if written < 0, Errno.current == .interrupted { continue }
            if written < 0 { throw Errno.current }
            done += written
        }
    }

    package func truncate(to size: Int64) throws(Errno) {
        try retrying { ftruncate(number, off_t(size)) }
    }

    /// The file's bytes, and of its attributes its length, are on the disk (fdatasync(2)).
    package func syncData() throws(Errno) {
        try retrying { fdatasync(number) }
    }

    /// The file, or the names in a folder, are on the disk (fsync(2)).
    package func sync() throws(Errno) {
        try retrying { fsync(number) }
    }

    /// Gives the space of `range` back; it reads as zeros then (fallocate(2)).
    package func punch(_ range: ByteRange) throws(Errno) {
        try retrying { windlass_punch(number, range.offset, range.count) }
    }

    /// Takes the space for `size` bytes now, where the file system can (fallocate(2)).
    package func allocate(_ size: Int64) throws(Errno) {
        do throws(Errno) {
            try retrying { windlass_allocate(number, size) }
        } catch {
            guard error == .notSupported || error == .notImplemented else { throw error }
        }
    }

    /// These bytes may go to the disk now, before many of them have gathered in memory (sync_file_range(2)).
    package func startWriting(_ range: Range<Int64>) {
        _ = windlass_start_writing(number, range.lowerBound, range.upperBound - range.lowerBound)
    }
}

/// The result of a call that says -1 when it fails; one that a signal interrupted is made again.
@discardableResult package func retrying(_ call: () -> Int32) throws(Errno) -> Int32 {
    while true {
        let result = call()
        if result >= 0 { return result }
        if Errno.current != .interrupted { throw Errno.current }
    }
}
