import CFuse3
import FileSystemTypes
import Glibc

extension Callbacks {
    /// What concerns a range of an open file but reads and writes.
    static func addRanges(_ table: inout fuse_lowlevel_ops) {
        unsafe table.fallocate = { raw, _, mode, offset, count, information in
            let call = unsafe IncomingCall(raw)
            guard let handle = unsafe call.handle(information) else { return }
            call.perform("fallocate") { fileSystem throws(Errno) in
                let range = try ByteRange(Int64(offset), Int64(count))
                let mode = AllocationMode(rawValue: mode)
                guard mode.isSubset(of: .known) else { throw .notSupported }
                try await fileSystem.allocate(range, of: handle, mode: mode)
            }
        }
        unsafe table.lseek = { raw, _, offset, whence, information in
            let call = unsafe IncomingCall(raw)
            guard let handle = unsafe call.handle(information) else { return }
            call.answer("lseek") { fileSystem throws(Errno) in
                guard offset >= 0 else { throw .noSuchAddress }
                return try await fileSystem.seek(try SeekTarget(whence: whence), from: Int64(offset), of: handle)
            } reply: { request, found in
                request.reply(position: found)
            }
        }
        addCopy(&table)
    }

    private static func addCopy(_ table: inout fuse_lowlevel_ops) {
        unsafe table.copy_file_range = { raw, _, offset, source, _, newOffset, destination, count, flags in
            let call = unsafe IncomingCall(raw)
            guard let source = unsafe call.handle(source), let destination = unsafe call.handle(destination) else { return }
            let count = min(Int64(clamping: count), ByteRange.longestCopy)
            call.answer("copy_file_range") { fileSystem throws(Errno) in
                guard flags == 0 else { throw .invalidArgument }
                let range = try ByteRange(Int64(offset), count)
                _ = try ByteRange(Int64(newOffset), count)
                return try await fileSystem.copyRange(range, of: source, to: destination, at: Int64(newOffset))
            } reply: { request, copied in
                request.reply(written: Int(clamping: min(copied, count)))
            }
        }
    }
}

extension ByteRange {
    /// The answer to a copy holds 32 bits; older kernels ask for more all the same.
    fileprivate static let longestCopy = Int64(UInt32.max) & ~4095

    /// Throws EINVAL for what is negative, EFBIG for what no file can hold.
    fileprivate init(_ offset: Int64, _ count: Int64) throws(Errno) {
        guard offset >= 0, count >= 0 else { throw .invalidArgument }
        guard !offset.addingReportingOverflow(count).overflow else { throw .fileTooLarge }
        self.init(offset: offset, count: count)
    }
}

extension SeekTarget {
    /// `SEEK_DATA` and `SEEK_HOLE` are GNU extensions that Swift's Glibc does not see; the kernel does the others itself.
    fileprivate init(whence: Int32) throws(Errno) {
        switch whence {
        case 3: self = .data
        case 4: self = .hole
        default: throw .invalidArgument
        }
    }
}
