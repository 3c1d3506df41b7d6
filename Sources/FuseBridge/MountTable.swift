import Glibc

/// One line of /proc/self/mountinfo (proc(5)).
struct MountTableEntry: Hashable {
    let path: String
    let type: String
    /// `major:minor`, as st_dev of the files in it.
    let device: String

    /// The folder of the connection in fusectl, nil where there can be none.
    var connection: String? {
        guard type.hasPrefix("fuse"), device.hasPrefix("0:") else { return nil }
        return "/sys/fs/fuse/connections/" + device.dropFirst(2)
    }
}

/// The mounts this process sees. Reading the table asks none of the mounted file systems, so it never hangs on a dead one.
enum MountTable {
    static func current() -> [MountTableEntry] {
        parse(FileText.read("/proc/self/mountinfo"))
    }

    /// What is mounted on top at `path`, which must be absolute and free of symbolic links.
    static func topmost(at path: String) -> MountTableEntry? {
        current().last { $0.path == path }
    }

    static func parse(_ text: String) -> [MountTableEntry] {
        text.split(separator: "\n").compactMap(parseLine)
    }

    /// `36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw`
    private static func parseLine(_ line: Substring) -> MountTableEntry? {
        let fields = line.split(separator: " ")
        guard fields.count > 6, let dash = fields.dropFirst(6).firstIndex(of: "-"), dash + 1 < fields.count else { return nil }
        return MountTableEntry(path: unescaped(fields[4]), type: String(fields[dash + 1]), device: String(fields[2]))
    }

    /// Blank, tab, newline and backslash stand as a backslash and three octal digits.
    private static func unescaped(_ field: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = field.utf8[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\\"), let code = UInt8(String(rest.prefix(3)) ?? "", radix: 8) {
                bytes.append(code)
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// Small files of /proc and /sys.
enum FileText {
    /// Empty when the file cannot be read.
    static func read(_ path: String) -> String {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var result: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe Glibc.read(descriptor, &chunk, chunk.count)
            guard count > 0 else { break }
            result.append(contentsOf: chunk.prefix(count))
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// Whether all of `text` was written into the existing file.
    static func write(_ text: String, to path: String) -> Bool {
        let descriptor = unsafe open(path, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        return unsafe Glibc.write(descriptor, bytes, bytes.count) == bytes.count
    }
}
