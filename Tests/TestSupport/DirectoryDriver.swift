package import FileSystemTypes
import Foundation

/// Applies operations to a directory by system calls: a local one, or a mount.
///
/// Each operation runs on a thread of its own, since a mount served by this very process must not wait for a thread that it needs.
package struct DirectoryDriver: OperationDriver {
    package let top: String

    /// `top` is an existing directory, without a slash at its end.
    package init(top: String) {
        self.top = top
    }

    package func apply(_ operation: Operation) async -> Outcome {
        await OwnThread.run { perform(operation) }
    }

    package func snapshot() async throws(Errno) -> TreeSnapshot {
        try await walk()
    }

    private func perform(_ operation: Operation) -> Outcome {
        do {
            return try outcome(operation)
        } catch {
            return .failed(error)
        }
    }

    private func outcome(_ operation: Operation) throws(Errno) -> Outcome {
        switch operation {
        case .create(let path):
            try SystemCalls.withFile(full(path), O_WRONLY | O_CREAT | O_EXCL) { _ in }
        case .overwrite(let path, let payload):
            try SystemCalls.withFile(full(path), O_WRONLY | O_CREAT | O_TRUNC) { file throws(Errno) in
                try SystemCalls.write(file, payload.bytes, at: 0)
            }
        case .write(let path, let offset, let payload):
            try SystemCalls.withFile(full(path), O_WRONLY) { file throws(Errno) in
                try SystemCalls.write(file, payload.bytes, at: offset)
            }
        case .append(let path, let payload):
            try SystemCalls.withFile(full(path), O_WRONLY | O_APPEND) { file throws(Errno) in
                try SystemCalls.write(file, payload.bytes, at: nil)
            }
        case .read(let path, let offset, let count):
            return .bytes(
                try SystemCalls.withFile(full(path), O_RDONLY) { file throws(Errno) in
                    try SystemCalls.read(file, at: offset, count: count)
                })
        case .list(let path): return .names(try SystemCalls.list(full(path)))
        case .stat(let path): return try SystemCalls.stat(full(path))
        case .remotePut, .remotePutFolder, .remoteDelete: return .notApplicable
        case .truncate, .makeDirectory, .removeDirectory, .unlink, .rename: try change(operation)
        }
        return .done
    }

    /// The operations that are one system call on paths.
    private func change(_ operation: Operation) throws(Errno) {
        let result: Int32 =
            switch operation {
            case .truncate(let path, let size): unsafe truncate(full(path), off_t(size))
            case .makeDirectory(let path): unsafe mkdir(full(path), 0o755)
            case .removeDirectory(let path): unsafe rmdir(full(path))
            case .unlink(let path): unsafe unlink(full(path))
            case .rename(let path, let target): unsafe rename(full(path), full(target))
            default: 0
            }
        if result != 0 { throw .current }
    }

    /// The path as C sees it, with its NUL.
    private func full(_ path: TreePath) -> [CChar] {
        var bytes = Array(top.utf8)
        if !path.isRoot { bytes += [UInt8(ascii: "/")] + path.bytes }
        return (bytes + [0]).map { CChar(bitPattern: $0) }
    }
}

/// Runs blocking work away from the threads that Swift's tasks share.
package enum OwnThread {
    package static func run<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: body()) }
        }
    }
}
