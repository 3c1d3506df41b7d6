package import FileSystemTypes

/// One thing that a program does to a file tree, or another client to the bucket below it.
package enum Operation: Hashable, Sendable {
    /// open(2) with `O_CREAT|O_EXCL`, then close.
    case create(TreePath)
    /// open with `O_CREAT|O_TRUNC`, write, close: what `>` does in a shell.
    case overwrite(TreePath, Payload)
    /// open for writing what is there, pwrite(2), close.
    case write(TreePath, at: Int64, Payload)
    /// open with `O_APPEND`, write, close.
    case append(TreePath, Payload)
    /// truncate(2)
    case truncate(TreePath, to: Int64)
    /// open, pread(2) until so many bytes are there or the file ends, close.
    case read(TreePath, at: Int64, count: Int)
    case makeDirectory(TreePath)
    case removeDirectory(TreePath)
    case unlink(TreePath)
    case rename(TreePath, to: TreePath)
    case list(TreePath)
    case stat(TreePath)
    /// Another client stores an object whose key is the path.
    case remotePut(TreePath, Payload)
    /// Another client stores a folder's marker, `path/`.
    case remotePutFolder(TreePath)
    /// Another client deletes the object of a file, or the marker of a folder.
    case remoteDelete(TreePath)

    package var isRemote: Bool {
        switch self {
        case .remotePut, .remotePutFolder, .remoteDelete: true
        default: false
        }
    }
}

/// What came of an operation.
package enum Outcome: Hashable, Sendable {
    case done
    case bytes([UInt8])
    /// Every name but `.` and `..`, with what each is.
    case names([FileName: FileKind])
    /// Size in bytes; nil for a folder, whose size says nothing.
    case status(kind: FileKind, size: Int64?)
    case failed(Errno)
    /// The operation would make two objects claim one path, or nobody here can carry it out.
    case notApplicable
}

extension Outcome: CustomStringConvertible {
    package var description: String {
        switch self {
        case .done: "done"
        case .bytes(let bytes): "\(bytes.count) bytes: \(bytes.prefix(16))\(bytes.count > 16 ? "..." : "")"
        case .names(let names): "names: \(names.keys.sorted().map { "\($0) \(names[$0].map { "\($0)" } ?? "")" })"
        case .status(let kind, let size): "\(kind)\(size.map { " of \($0) bytes" } ?? "")"
        case .failed(let errno): "failed: \(errno)"
        case .notApplicable: "not applicable"
        }
    }
}

extension Operation: CustomStringConvertible {
    package var description: String {
        switch self {
        case .create(let path): "create \(path)"
        case .overwrite(let path, let payload): "overwrite \(path) with \(payload)"
        case .write(let path, let offset, let payload): "write \(path) at \(offset): \(payload)"
        case .append(let path, let payload): "append to \(path): \(payload)"
        case .truncate(let path, let size): "truncate \(path) to \(size)"
        case .read(let path, let offset, let count): "read \(path) at \(offset), \(count) bytes"
        case .makeDirectory(let path): "mkdir \(path)"
        case .removeDirectory(let path): "rmdir \(path)"
        case .unlink(let path): "unlink \(path)"
        case .rename(let path, let target): "rename \(path) to \(target)"
        case .list(let path): "list \(path)"
        case .stat(let path): "stat \(path)"
        case .remotePut(let path, let payload): "another client puts \(path): \(payload)"
        case .remotePutFolder(let path): "another client puts \(path)/"
        case .remoteDelete(let path): "another client deletes \(path)"
        }
    }
}
