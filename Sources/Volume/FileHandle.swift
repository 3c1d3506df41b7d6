internal import FileSystemTypes
internal import Synchronization

/// One open(2) of a file: how it was opened, and which version it reads.
final class FileHandle: Sendable {
    let file: OpenFile
    let options: OpenOptions
    private let reader: Mutex<ObjectReader?>

    init(_ file: OpenFile, options: OpenOptions, reader: ObjectReader?) {
        self.file = file
        self.options = options
        self.reader = Mutex(reader)
    }

    /// Reads the version that was opened; nil for a file that had none.
    var objectReader: ObjectReader? { reader.withLock { $0 } }

    /// The opened version now has another ETag: it was copied to another key.
    func repin(from old: RemoteVersion, to new: RemoteVersion) {
        reader.withLock { reader in
            if let known = reader, known.version == old { reader = known.repinned(to: new) }
        }
    }

    func stopReading() {
        reader.withLock { $0 }?.stop()
    }
}
