internal import FileSystemTypes
internal import Foundation

/// A small disk in memory, as root can mount one.
package struct SmallDisk {
    package let path: String

    package init(mebibytes: Int) throws {
        path = FileManager.default.temporaryDirectory.path + "/windlass-small-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        guard Self.run("/bin/mount", ["-t", "tmpfs", "-o", "size=\(mebibytes)m", "tmpfs", path]) else { throw Errno.notPermitted }
    }

    package func remove() {
        _ = Self.run("/bin/umount", ["-l", path])
        try? FileManager.default.removeItem(atPath: path)
    }

    /// A file that takes space from the one under test.
    package var ballast: String { path + "/ballast" }

    /// Takes all the space that is left.
    package func fill() throws {
        try Data().write(to: URL(filePath: ballast))
        let file = try FileHandle(forWritingTo: URL(filePath: ballast))
        defer { try? file.close() }
        let page = Data(repeating: 1, count: 4096)
        while (try? file.write(contentsOf: page)) != nil {}
    }

    /// Gives the space of the ballast back.
    package func free() throws {
        try FileManager.default.removeItem(atPath: ballast)
    }

    package func remount(_ option: String) -> Bool { Self.run("/bin/mount", ["-o", "remount,\(option)", path]) }

    private static func run(_ program: String, _ arguments: [String]) -> Bool {
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }
}
