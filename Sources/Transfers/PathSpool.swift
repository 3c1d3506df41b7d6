package import FileSystemTypes
internal import Glibc
internal import LocalFiles
internal import Synchronization

/// Paths on the disk, as many as there are, for later. What is in it does not outlive the run.
package final class PathSpool: Sendable {
    package let path: LocalPath
    private let file: FileDescriptor
    private let end = Mutex<Int64>(0)

    /// So many are given at once.
    static let batch = 1000
    private static let chunk = 1 << 20

    /// Blocks for as long as the disk does, as all its calls do.
    package init(_ path: LocalPath) throws(Errno) {
        self.path = path
        file = try LocalSystem.open(path, O_RDWR | O_CREAT | O_TRUNC)
    }

    deinit {
        file.close()
    }

    package func append(_ path: RelativePath) throws(Errno) {
        let line = CheckpointRecord.done(path).line
        try end.withLock { end throws(Errno) in
            try file.write(line[...], at: end)
            end += Int64(line.count)
        }
    }

    /// The next paths from `place` on, which moves on; none at the end.
    package func next(from place: inout Int64) throws(Errno) -> [RelativePath] {
        let bytes = try file.read(at: place, count: Self.chunk)
        var paths: [RelativePath] = []
        var rest = bytes[...]
        while paths.count < Self.batch, let newline = rest.firstIndex(of: UInt8(ascii: "\n")) {
            guard case .done(let path) = CheckpointRecord(line: rest[..<newline]) else { throw .inputOutput }
            paths.append(path)
            rest = rest[(newline + 1)...]
        }
        place += Int64(bytes.count - rest.count)
        return paths
    }
}
