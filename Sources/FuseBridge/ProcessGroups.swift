/// The supplementary groups of a process, which a request does not name.
enum ProcessGroups {
    /// From the line `Groups:` of /proc/PID/status (proc(5)); empty when there is no such process or thread.
    ///
    /// What `fuse_req_getgroups` does, but without the request: a file system may ask late in an operation, on any thread.
    static func of(_ processID: Int32) -> [UInt32] {
        parse(FileText.read("/proc/\(processID)/status"))
    }

    static func parse(_ status: String) -> [UInt32] {
        guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix("Groups:") }) else { return [] }
        return line.dropFirst("Groups:".count).split(whereSeparator: \.isWhitespace).compactMap { UInt32($0) }
    }
}
