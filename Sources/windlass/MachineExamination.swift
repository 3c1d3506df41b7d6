import Foundation
import Glibc

/// What of this machine decides whether it can mount, and how well.
struct MachineExamination {
    /// As uname(2) tells it.
    let kernel: String
    /// `/dev/fuse` can be opened.
    let hasFuse: Bool
    /// The helper that mounts for users who are not root; nil where there is none.
    let fusermount: String?
    /// `user_allow_other` stands in `/etc/fuse.conf`.
    let allowsOthers: Bool
    /// Descriptors that a process may have (setrlimit(2)).
    let openFiles: Int
    /// Where files being written will lie, and the bytes that are free there.
    let stateFolder: String?
    let freeBytes: Int64?

    /// A mount uses some for each request and each file being written.
    private static let fewOpenFiles = 4096
    /// Less is soon full.
    private static let littleSpace: Int64 = 1 << 30

    static func now() -> MachineExamination {
        let environment = ProcessInfo.processInfo.environment
        let base = environment["XDG_STATE_HOME"] ?? environment["HOME"].map { $0 + "/.local/state" }
        return MachineExamination(
            kernel: text("/proc/sys/kernel/osrelease") ?? "unknown", hasFuse: FileManager.default.isWritableFile(atPath: "/dev/fuse"),
            fusermount: program("fusermount3", environment["PATH"] ?? "/usr/bin:/bin"), allowsOthers: allowsOthers(), openFiles: openFiles(),
            stateFolder: base, freeBytes: base.flatMap(freeBytes))
    }

    /// The one line that says what to do; nil where mounts are possible.
    var problem: Failure? {
        if !hasFuse {
            return Failure("this machine, or this container, lets nobody use /dev/fuse; load the module fuse, or start the container with it")
        }
        if fusermount == nil, geteuid() != 0 { return Failure("there is no fusermount3, which mounts for users; install the package fuse3") }
        return nil
    }

    // MARK: Text

    var rows: [(name: String, value: String)] {
        [
            ("kernel", kernel), ("fuse", hasFuse ? "usable" : "/dev/fuse is not usable"), ("fusermount3", fusermount ?? "not found"),
            ("other users", allowsOthers || geteuid() == 0 ? "--allow-other is possible" : "--allow-other needs user_allow_other in /etc/fuse.conf"),
            ("open files", "\(openFiles) at most" + (openFiles < Self.fewOpenFiles ? "; raise it (ulimit -n) for many files at a time" : "")),
            ("local disk", freeSpace),
        ]
    }

    private var freeSpace: String {
        guard let stateFolder, let freeBytes else { return "unknown; give --state-dir" }
        let hint = freeBytes < Self.littleSpace ? "; give another disk with --state-dir" : ""
        return "\(StatusText.size(freeBytes)) free for files being written, in \(stateFolder)\(hint)"
    }

    // MARK: Looking

    private static func text(_ path: String) -> String? {
        (try? String(contentsOfFile: path, encoding: .utf8))?.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private static func program(_ name: String, _ path: String) -> String? {
        path.split(separator: ":").map { "\($0)/\(name)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    private static func allowsOthers() -> Bool {
        (text("/etc/fuse.conf") ?? "").split(separator: "\n").contains { $0.trimmingCharacters(in: .whitespaces) == "user_allow_other" }
    }

    private static func openFiles() -> Int {
        let line = (text("/proc/self/limits") ?? "").split(separator: "\n").first { $0.hasPrefix("Max open files") }
        return line?.split(separator: " ").dropFirst(3).first.flatMap { Int($0) } ?? 0
    }

    /// Of the first folder on the way that is there.
    private static func freeBytes(_ path: String) -> Int64? {
        var path = path
        while !FileManager.default.fileExists(atPath: path), let slash = path.lastIndex(of: "/"), slash > path.startIndex {
            path = String(path[..<slash])
        }
        let facts = try? FileManager.default.attributesOfFileSystem(forPath: path)
        return (facts?[.systemFreeSize] as? NSNumber)?.int64Value
    }
}
