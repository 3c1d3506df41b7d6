package import FileSystemTypes
internal import Glibc
internal import LocalFiles
package import Threads

/// An open file of this machine. Its calls run on threads that may block.
package final class UserFile: Sendable {
    package let path: String
    private let descriptor: FileDescriptor
    private let executor: BlockingExecutor

    /// How a file is opened.
    package enum Access: Sendable {
        case read
        /// Made where it is missing; what is in it stays.
        case write
        /// Made anew, readable for its owner alone; fails with `exists`.
        case secret
    }

    /// Blocks for as long as the disk does.
    package init(_ path: String, _ access: Access, on executor: BlockingExecutor) throws(Errno) {
        let flags =
            switch access {
            case .read: O_RDONLY
            case .write: O_RDWR | O_CREAT
            case .secret: O_RDWR | O_CREAT | O_EXCL
            }
        let mode: mode_t = access == .secret ? 0o600 : 0o666
        descriptor = FileDescriptor(try retrying { unsafe Glibc.open(path, flags | O_CLOEXEC, mode) })
        self.path = path
        self.executor = executor
    }

    private init(path: String, descriptor: FileDescriptor, on executor: BlockingExecutor) {
        self.path = path
        self.descriptor = descriptor
        self.executor = executor
    }

    package static func standardInput(on executor: BlockingExecutor) throws(Errno) -> UserFile {
        UserFile(path: "-", descriptor: FileDescriptor(try retrying { fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) }), on: executor)
    }

    deinit {
        descriptor.close()
    }

    /// What `fstat` says now.
    package func facts() throws(Errno) -> FileFacts {
        FileFacts(try descriptor.status())
    }

    /// At most `count` bytes from `offset` on; fewer only at the end of the file.
    package func read(at offset: Int64, count: Int) async throws(Errno) -> Bytes {
        try await onExecutor { [descriptor] () throws(Errno) in Bytes(try descriptor.read(at: offset, count: count)) }
    }

    package func write(_ bytes: Bytes, at offset: Int64) async throws(Errno) {
        try await onExecutor { [descriptor] () throws(Errno) in
            var position = offset
            for index in bytes.pieces.indices {
                try Self.write(descriptor, bytes.pieces[index], at: position)
                position += Int64(bytes.pieces[index].count)
            }
        }
    }

    /// Returns when the bytes are on the disk (fdatasync(2)).
    package func sync() async throws(Errno) {
        try await onExecutor { [descriptor] () throws(Errno) in try descriptor.syncData() }
    }

    /// The next `count` bytes of something that is read once, such as a pipe; fewer only at its end.
    package func next(_ count: Int) async throws(Errno) -> Bytes {
        try await onExecutor { [descriptor] () throws(Errno) in
            try Self.next(descriptor, count)
        }
    }

    private func onExecutor<Value: Sendable>(_ body: @escaping @Sendable () throws(Errno) -> Value) async throws(Errno) -> Value {
        let outcome = await withTaskExecutorPreference(executor) { () async -> Result<Value, Errno> in
            do throws(Errno) {
                return .success(try body())
            } catch {
                return .failure(error)
            }
        }
        return try outcome.get()
    }

    /// Calls read(2) until there are `count` bytes, or no more.
    private static func next(_ descriptor: FileDescriptor, _ count: Int) throws(Errno) -> Bytes {
        var failure: Errno?
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let space = unsafe UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[filled...])
                let got = unsafe Glibc.read(descriptor.number, space.baseAddress, space.count)
                if got < 0, Errno.current == .interrupted { continue }
                if got < 0 { failure = Errno.current }
                if got <= 0 { return }
                filled += got
            }
        }
        if let failure { throw failure }
        return Bytes(bytes)
    }

    /// At `offset`, or where a pipe is, which has no offsets.
    private static func write(_ descriptor: FileDescriptor, _ bytes: ArraySlice<UInt8>, at offset: Int64) throws(Errno) {
        var done = 0
        while done < bytes.count {
            let rest = bytes.dropFirst(done)
            var written = unsafe rest.withUnsafeBytes { unsafe pwrite(descriptor.number, $0.baseAddress, $0.count, off_t(offset) + off_t(done)) }
            if written < 0, Errno.current == Errno(ESPIPE) {
                written = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor.number, $0.baseAddress, $0.count) }
            }
            if written < 0, Errno.current == .interrupted { continue }
            if written < 0 { throw Errno.current }
            done += written
        }
    }
}

/// What a file is.
package struct FileFacts: Hashable, Sendable {
    /// In bytes.
    package let size: Int64
    package let isFolder: Bool
    package let isPlainFile: Bool

    init(_ status: stat) {
        size = Int64(status.st_size)
        isFolder = status.st_mode & S_IFMT == S_IFDIR
        isPlainFile = status.st_mode & S_IFMT == S_IFREG
    }

    /// Of what is at the end of the path's symbolic links.
    package static func at(_ path: String) throws(Errno) -> FileFacts {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { throw Errno.current }
        return FileFacts(status)
    }
}

/// A range of a file as the body of a request.
package struct FileSource: ByteSource {
    private let file: UserFile
    private let range: ByteRange

    package init(_ file: UserFile, _ range: ByteRange) {
        self.file = file
        self.range = range
    }

    package var count: Int64 { range.count }

    package func read(at offset: Int64, upTo maximum: Int) async throws(Errno) -> Bytes {
        let bytes = try await file.read(at: range.offset + offset, count: Int(min(Int64(maximum), range.count - offset)))
        guard !bytes.isEmpty else { throw Errno.inputOutput }
        return bytes
    }
}
