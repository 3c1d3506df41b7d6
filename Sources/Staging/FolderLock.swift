internal import FileSystemTypes
internal import Glibc

/// The right to be the only process that uses a folder: a flock(2) on its file `lock`, which names the holder's process id.
///
/// The kernel gives it up when the process ends, however it ends.
final class FolderLock: Sendable {
    private let descriptor: Int32

    /// Fails with `inUse` while another process, or another owner in this one, holds it.
    init(folder: String) throws(StateError) {
        let path = "\(folder)/lock"
        let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .unusable(folder, Errno.current) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let error = Self.refusal(folder, Errno.current, holder: Self.holder(descriptor))
            close(descriptor)
            throw error
        }
        do throws(StateError) {
            try Self.write(getpid(), to: descriptor, path)
        } catch {
            close(descriptor)
            throw error
        }
        self.descriptor = descriptor
    }

    /// Unlocked first: a child that is just being started has a copy of the descriptor for a moment.
    deinit {
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }

    private static func refusal(_ folder: String, _ errno: Errno, holder: Int32?) -> StateError {
        guard errno.code == EWOULDBLOCK else { return .unusable(folder, errno) }
        let process = holder.map { "process \($0)" } ?? "another process"
        return StateError(
            .inUse(pid: holder),
            "\(folder) is in use by \(process), which has the same bucket mounted; unmount that first, or choose another --state-dir")
    }

    private static func holder(_ descriptor: Int32) -> Int32? {
        guard let bytes = try? SystemFiles().read(descriptor, at: 0, count: 16) else { return nil }
        return Int32(String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self))
    }

    private static func write(_ pid: Int32, to descriptor: Int32, _ path: String) throws(StateError) {
        let text = Array("\(pid)\n".utf8)
        do throws(Errno) {
            try SystemFiles().write(descriptor, unsafe text.span.bytes, at: 0)
            try SystemFiles().truncate(descriptor, to: Int64(text.count))
        } catch {
            throw .call("write \(path)", error)
        }
    }
}

extension StateError {
    /// A folder that cannot be used as it is.
    static func unusable(_ path: String, _ errno: Errno) -> StateError {
        switch errno {
        case .noSpace, .quotaExceeded: .call("write in \(path)", errno)
        case .noSuchFile: StateError(.unusable(errno), "\(path) does not exist; make it, or choose another --state-dir")
        case .readOnly: StateError(.unusable(errno), "\(path) is on a read-only file system; choose another --state-dir")
        case .accessDenied, .notPermitted:
            StateError(.unusable(errno), "\(path) may not be written by this user; change its owner or mode, or choose another --state-dir")
        default: StateError(.unusable(errno), "\(path) cannot be used: \(errno); choose another --state-dir")
        }
    }
}
