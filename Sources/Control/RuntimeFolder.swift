internal import Foundation
internal import Glibc

/// The folder in which this user's running mounts can be found: `$XDG_RUNTIME_DIR/windlass-UID`, else below `/run` or `/tmp`.
package enum RuntimeFolder {
    private static let suffix = ".control"

    package static var path: String {
        let base = ProcessInfo.processInfo.environment["XDG_RUNTIME_DIR"] ?? (getuid() == 0 ? "/run" : "/tmp")
        return "\(base)/windlass-\(getuid())"
    }

    /// It, and where else mounts of this user may be found: what fstab or a service has mounted knows nothing of the user's session, and the other way
    /// round.
    package static var candidates: [String] {
        let name = "windlass-\(getuid())"
        let session = "/run/user/\(getuid())"
        switch ProcessInfo.processInfo.environment["XDG_RUNTIME_DIR"] {
        case nil: return [path, "\(session)/\(name)"]
        case session: return [path, "\(getuid() == 0 ? "/run" : "/tmp")/\(name)"]
        default: return [path]
        }
    }

    /// Makes it. Fails unless it belongs to this user alone: anybody may have made it in `/tmp`.
    package static func make() throws(ControlError) {
        unsafe mkdir(path, 0o700)
        try check(path)
    }

    private static func check(_ path: String) throws(ControlError) {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else { throw ControlError(.noListener, "there is no folder \(path)") }
        guard status.st_mode & S_IFMT == S_IFDIR, status.st_uid == geteuid(), status.st_mode & 0o077 == 0 else {
            throw ControlError(.unusable, "\(path) is not this user's alone; remove it, or set XDG_RUNTIME_DIR to a folder of your own")
        }
    }

    /// Where the mount at `mountPoint` listens.
    package static func socket(of mountPoint: String) -> String {
        "\(path)/\(name(of: mountPoint))"
    }

    /// Where a mount at `mountPoint` listens that may have been made elsewhere: the first of the candidates that is there.
    package static func presentSocket(of mountPoint: String) -> String {
        let present = candidates.dropFirst().first { folder in
            (try? check(folder)) != nil && FileManager.default.fileExists(atPath: "\(folder)/\(name(of: mountPoint))")
        }
        let own = socket(of: mountPoint)
        guard let present, !FileManager.default.fileExists(atPath: own) else { return own }
        return "\(present)/\(name(of: mountPoint))"
    }

    private static func name(of mountPoint: String) -> String {
        // FNV-1a, 64 bits: a short name that is the same for every process.
        let hash = mountPoint.utf8.reduce(UInt64(0xcbf2_9ce4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        return String(hash, radix: 16) + suffix
    }

    /// The sockets of all mounts of this user, those of killed ones included.
    package static func sockets() throws(ControlError) -> [String] {
        do throws(ControlError) {
            try check(path)
        } catch  where error.reason == .noListener {
            // No mount of this session.
        }
        return candidates.filter { (try? check($0)) != nil }.flatMap { folder in
            let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            return names.filter { $0.hasSuffix(suffix) }.sorted().map { "\(folder)/\($0)" }
        }
    }
}
