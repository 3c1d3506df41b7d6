internal import Foundation
internal import Glibc

/// The folder in which this user's running mounts can be found: `$XDG_RUNTIME_DIR/windlass-UID`, else below `/run` or `/tmp`.
package enum RuntimeFolder {
    private static let suffix = ".control"

    package static var path: String {
        let base = ProcessInfo.processInfo.environment["XDG_RUNTIME_DIR"] ?? (getuid() == 0 ? "/run" : "/tmp")
        return "\(base)/windlass-\(getuid())"
    }

    /// Makes it. Fails unless it belongs to this user alone: anybody may have made it in `/tmp`.
    package static func make() throws(ControlError) {
        unsafe mkdir(path, 0o700)
        try check()
    }

    private static func check() throws(ControlError) {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else { throw ControlError(.noListener, "there is no folder \(path)") }
        guard status.st_mode & S_IFMT == S_IFDIR, status.st_uid == geteuid(), status.st_mode & 0o077 == 0 else {
            throw ControlError(.unusable, "\(path) is not this user's alone; remove it, or set XDG_RUNTIME_DIR to a folder of your own")
        }
    }

    /// Where the mount at `mountPoint` listens.
    package static func socket(of mountPoint: String) -> String {
        // FNV-1a, 64 bits: a short name that is the same for every process.
        let hash = mountPoint.utf8.reduce(UInt64(0xcbf2_9ce4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        return "\(path)/\(String(hash, radix: 16))\(suffix)"
    }

    /// The sockets of all mounts of this user, those of killed ones included.
    package static func sockets() throws(ControlError) -> [String] {
        do throws(ControlError) {
            try check()
        } catch  where error.reason == .noListener {
            return []
        }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return names.filter { $0.hasSuffix(suffix) }.sorted().map { "\(path)/\($0)" }
    }
}
