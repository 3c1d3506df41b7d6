import Synchronization

/// One file of bytes that objects and parts have segments of.
///
/// The file lives as long as this value: the last one who lets go of it removes the file. What must survive is named by a manifest, which is
/// loaded (and so holds its blobs) before leftovers are removed at start.
final class Blob: Sendable {
    let id: UInt64
    private let folder: BlobFolder
    /// Held by whoever writes behind the last byte.
    let extending = Mutex(())

    init(id: UInt64, folder: BlobFolder) {
        self.id = id
        self.folder = folder
    }

    deinit {
        folder.remove(id)
    }

    func open() throws(FileFailure) -> SystemFile {
        try SystemFile.open(folder.path(of: id))
    }

    /// For bytes behind the last one.
    func openToExtend() throws(FileFailure) -> SystemFile {
        try SystemFile.openToExtend(folder.path(of: id))
    }
}

/// The folder of all blobs, in 256 subfolders.
final class BlobFolder: Sendable {
    private let path: String
    private let closed = Atomic<Bool>(false)

    init(path: String) throws(FileFailure) {
        self.path = path
        try SystemFolder.make(path)
    }

    func path(of id: UInt64) -> String { "\(subfolder(of: id))/\(String(id, radix: 16))" }

    private func subfolder(of id: UInt64) -> String { "\(path)/\(Hex.encode([UInt8(id & 255)]))" }

    func create(id: UInt64) throws(FileFailure) -> (Blob, SystemFile) {
        do {
            return (Blob(id: id, folder: self), try SystemFile.create(path(of: id)))
        } catch {
            try SystemFolder.make(subfolder(of: id))
            return (Blob(id: id, folder: self), try SystemFile.create(path(of: id)))
        }
    }

    /// From now on nothing is removed: the values go, the files stay.
    func close() {
        closed.store(true, ordering: .sequentiallyConsistent)
    }

    fileprivate func remove(_ id: UInt64) {
        if closed.load(ordering: .sequentiallyConsistent) { return }
        // A file that stays behind is found and removed at the next start.
        try? SystemFolder.unlink(path(of: id))
    }

    /// Removes every file but those of `living`. Only at start.
    func sweep(living: Set<UInt64>) throws(FileFailure) {
        for subfolder in try SystemFolder.names(in: path) {
            for name in try SystemFolder.names(in: "\(path)/\(subfolder)") {
                if let id = UInt64(name, radix: 16), living.contains(id) { continue }
                try SystemFolder.unlink("\(path)/\(subfolder)/\(name)")
            }
        }
    }
}

/// A piece of a blob.
struct Segment: Sendable {
    let blob: Blob
    let offset: Int64
    let count: Int64

    func slice(from start: Int64, count: Int64) -> Segment {
        Segment(blob: blob, offset: offset + start, count: count)
    }

    /// In memory.
    func read(from start: Int64, count: Int) throws -> [UInt8] {
        try blob.open().read(at: offset + start, count: count)
    }
}

extension [Segment] {
    /// The bytes from `offset` on, `count` of them. No byte moves.
    func slice(from offset: Int64, count: Int64) -> [Segment] {
        var result: [Segment] = []
        var skip = offset
        var left = count
        for segment in self where left > 0 {
            if skip >= segment.count {
                skip -= segment.count
                continue
            }
            let taken = Swift.min(segment.count - skip, left)
            result.append(segment.slice(from: skip, count: taken))
            skip = 0
            left -= taken
        }
        return result
    }
}
