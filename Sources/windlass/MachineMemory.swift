import Foundation
import Glibc

/// How much memory this process may count on: that of the machine, or of its control group (cgroups(7)) where that is less.
enum MachineMemory {
    /// A quarter of it, from 64 to 512 MiB.
    static var defaultLimit: Int64 { min(512 << 20, max(64 << 20, bytes / 4)) }

    static var bytes: Int64 {
        let machine = Int64(sysconf(Int32(_SC_PHYS_PAGES))) * Int64(sysconf(Int32(_SC_PAGESIZE)))
        return limits.reduce(machine, min)
    }

    /// Of the control groups that this process is in, from its own up; a container sees its own as the highest.
    private static var limits: [Int64] {
        var files = ["/sys/fs/cgroup/memory/memory.limit_in_bytes"]
        let lines = (try? String(contentsOfFile: "/proc/self/cgroup", encoding: .utf8)) ?? ""
        var group = lines.split(separator: "\n").first { $0.hasPrefix("0::") }.map { String($0.dropFirst(3)) } ?? "/"
        while group.count > 1 {
            files.append("/sys/fs/cgroup\(group)/memory.max")
            group = String(group[..<(group.lastIndex(of: "/") ?? group.startIndex)])
        }
        files.append("/sys/fs/cgroup/memory.max")
        return files.compactMap { file in
            guard let text = try? String(contentsOfFile: file, encoding: .utf8) else { return nil }
            return Int64(text.trimmingCharacters(in: .whitespacesAndNewlines)).flatMap { $0 > 0 ? $0 : nil }
        }
    }
}
