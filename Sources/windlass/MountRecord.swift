import Control
import Foundation
import Glibc

/// A small file that says which process serves a mount point and what it still has to store: for `windlass unmount`.
///
/// The process holds a lock on it (flock(2)) for as long as it lives.
struct MountRecord: Sendable {
    private let path: String
    private let descriptor: Int32

    init(mountPoint: String) {
        path = "\(RuntimeFolder.path)/\(Self.name(mountPoint))"
        unsafe mkdir(RuntimeFolder.path, 0o700)
        descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        if descriptor >= 0 {
            flock(descriptor, LOCK_EX | LOCK_NB)
            write(files: 0, bytes: 0)
        }
    }

    func write(files: Int, bytes: Int64) {
        guard descriptor >= 0 else { return }
        let line = "\(getpid()) \(files) \(bytes)\n"
        let padded = line.padding(toLength: 64, withPad: " ", startingAt: 0)
        unsafe _ = Array(padded.utf8).withUnsafeBytes { unsafe pwrite(descriptor, $0.baseAddress, $0.count, 0) }
    }

    func remove() {
        unsafe unlink(path)
        if descriptor >= 0 { close(descriptor) }
    }

    /// What a mount's process says of itself; nil when there is none, or it cannot be seen by this user.
    struct Reading {
        let process: pid_t
        let files: Int
        let bytes: Int64
    }

    static func read(mountPoint: String) -> Reading? {
        RuntimeFolder.candidates.lazy.compactMap { read("\($0)/\(name(mountPoint))") }.first
    }

    private static func read(_ path: String) -> Reading? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        guard flock(descriptor, LOCK_SH | LOCK_NB) != 0 else { return nil }
        var buffer = [UInt8](repeating: 0, count: 64)
        let count = unsafe pread(descriptor, &buffer, buffer.count, 0)
        let words = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self).split(whereSeparator: \.isWhitespace)
        guard words.count == 3, let process = pid_t(words[0]), let files = Int(words[1]), let bytes = Int64(words[2]) else { return nil }
        return Reading(process: process, files: files, bytes: bytes)
    }

    private static func name(_ mountPoint: String) -> String {
        let name = mountPoint.utf8.map { byte in
            let isPlain = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 32)
            return isPlain ? String(UnicodeScalar(byte)) : "_" + String(byte, radix: 16)
        }.joined()
        return String(name.suffix(200))
    }
}
