package import Content
package import FileSystemTypes
package import ObjectStorage

/// One open file's way to one version of an object. Reads may run at the same time, in any order.
package final class ObjectReader: Sendable {
    private let id: ReaderID
    private let shared: VersionReader
    private let engine: ReadEngine

    init(_ id: ReaderID, of shared: VersionReader, in engine: ReadEngine) {
        self.id = id
        self.shared = shared
        self.engine = engine
    }

    package var version: ObjectVersion { shared.version }

    /// The bytes of `range` that lie before the object's end.
    ///
    /// Never bytes of another version: fails with `preconditionFailed` or `noSuchKey` when the store does not have this one any more, as far as
    /// the bytes are not here already.
    package func read(_ range: ByteRange) async throws(StoreError) -> Bytes {
        let wanted = range.clamped(toSize: version.size)
        return wanted.isEmpty ? Bytes() : try await shared.read(wanted, by: id)
    }

    /// As `read`, without waiting; nil when the bytes are not in memory, having changed nothing.
    package func readNow(_ range: ByteRange) -> Bytes? {
        let wanted = range.clamped(toSize: version.size)
        return wanted.isEmpty ? Bytes() : shared.readNow(wanted, by: id)
    }

    /// The file is closed: what was fetched for it only is given up. To be called once.
    package func close() {
        shared.close(id)
        engine.close(version)
    }
}
