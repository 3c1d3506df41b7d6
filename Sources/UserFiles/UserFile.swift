package import FileSystemTypes
internal import Glibc
package import Threads

/// An open file of this machine. Its calls run on threads that may block.
package final class UserFile: Sendable {
    package let path: String
    private let descriptor: Int32
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
        descriptor = try Self.retrying { unsafe Glibc.open(path, flags | O_CLOEXEC, mode) }
        self.path = path
        self.executor = executor
    }

    private init(path: String, descriptor: Int32, on executor: BlockingExecutor) {
        self.path = path
        self.descriptor = descriptor
        self.executor = executor
    }

    package static func standardInput(on executor: BlockingExecutor) throws(Errno) -> UserFile {
        UserFile(path: "-", descriptor: try retrying { fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) }, on: executor)
    }

    deinit {
        _ = close(descriptor)
    }

    /// What `fstat` says now.
    package func facts() throws(Errno) -> FileFacts {
        var status = stat()
        _ = try Self.retrying { unsafe fstat(descriptor, &status) }
        return FileFacts(status)
    }

    /// At most `count` bytes from `offset` on; fewer only at the end of the file.
    package func read(at offset: Int64, count: Int) async throws(Errno) -> Bytes {
        try await onExecutor { [descriptor] () throws(Errno) in try Self.read(descriptor, at: offset, count: count) }
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

    package func truncate(to size: Int64) async throws(Errno) {
        try await onExecutor { [descriptor] () throws(Errno) in _ = try Self.retrying { ftruncate(descriptor, off_t(size)) } }
    }

    /// Returns when the bytes are on the disk (fdatasync(2)).
    package func sync() async throws(Errno) {
        try await onExecutor { [descriptor] () throws(Errno) in _ = try Self.retrying { fdatasync(descriptor) } }
    }

    /// The next `count` bytes of something that is read once, such as a pipe; fewer only at its end.
    package func next(_ count: Int) async throws(Errno) -> Bytes {
        try await onExecutor { [descriptor] () throws(Errno) in
            try unsafe Self.filled(count) { space, _ in unsafe Glibc.read(descriptor, space.baseAddress, space.count) }
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

    private static func read(_ descriptor: Int32, at offset: Int64, count: Int) throws(Errno) -> Bytes {
        try unsafe filled(count) { space, done in unsafe pread(descriptor, space.baseAddress, space.count, off_t(offset) + off_t(done)) }
    }

    /// Calls `more` until there are `count` bytes, or no more.
    private static func filled(_ count: Int, _ more: (_ space: UnsafeMutableRawBufferPointer, _ done: Int) -> Int) throws(Errno) -> Bytes {
        var failure: Errno?
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let space = unsafe UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[filled...])
                let got = unsafe more(space, filled)
                if got < 0, Errno.current == .interrupted { continue }
                if got < 0 { failure = Errno.current }
                if got <= 0 { return }
                filled += got
            }
        }
        if let failure { throw failure }
        return Bytes(bytes)
    }

    private static func write(_ descriptor: Int32, _ bytes: ArraySlice<UInt8>, at offset: Int64) throws(Errno) {
        var done = 0
        while done < bytes.count {
            let rest = bytes.dropFirst(done)
            var written = unsafe rest.withUnsafeBytes { unsafe pwrite(descriptor, $0.baseAddress, $0.count, off_t(offset) + off_t(done)) }
            // A pipe has no offsets.
            if written < 0, Errno.current == Errno(ESPIPE) {
                written = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
            }
            if written < 0, Errno.current == .interrupted { continue }
            if written < 0 { throw Errno.current }
            done += written
        }
    }

    private static func retrying(_ call: () -> Int32) throws(Errno) -> Int32 {
        while true {
            let result = call()
            if result >= 0 { return result }
            guard Errno.current == .interrupted else { throw Errno.current }
        }
    }
}

/// What tells one state of a file from another.
package struct FileFacts: Hashable, Sendable {
    /// In bytes.
    package let size: Int64
    package let modified: Timestamp
    package let inode: UInt64
    package let isFolder: Bool
    package let isPlainFile: Bool

    init(_ status: stat) {
        size = Int64(status.st_size)
        modified = Timestamp(seconds: Int64(status.st_mtim.tv_sec), nanoseconds: Int32(status.st_mtim.tv_nsec))
        inode = UInt64(status.st_ino)
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
