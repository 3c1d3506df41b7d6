import Crypto
import ObjectStorage

/// Where a bucket's files are: `bucket` (present when the bucket is), `settings`, `objects/xx/HASH.GENERATION`, `uploads/ID/`.
///
/// Names on the disk are hashes of keys, so any key will do; the key itself stands in the manifest.
struct BucketFolder: Sendable {
    let path: String

    var marker: String { "\(path)/bucket" }
    var settings: String { "\(path)/settings" }
    var objects: String { "\(path)/objects" }
    var uploads: String { "\(path)/uploads" }

    func create(_ created: StoreTime) throws(FileFailure) {
        for folder in [path, objects, uploads] { try SystemFolder.make(folder) }
        let draft = marker + ".draft"
        try SystemFolder.unlink(draft)
        try SystemFile.create(draft).write(Array(String(created.milliseconds).utf8))
        try SystemFolder.rename(draft, to: marker)
    }

    /// Nil where creation or removal was not finished.
    func creationTime() -> StoreTime? {
        guard let text = try? SystemFile.readAll(marker) else { return nil }
        return Int64(String(decoding: text, as: UTF8.self)).map { StoreTime(milliseconds: $0) }
    }

    func remove() throws(FileFailure) {
        try SystemFolder.unlink(marker)
        try SystemFolder.removeTree(path)
    }

    private func manifestPath(_ key: Key, _ generation: UInt64) -> String {
        let name = Hex.encode(SHA256.hash(data: key.bytes))
        return "\(objects)/\(name.prefix(2))/\(name).\(String(generation, radix: 16))"
    }

    /// Writes a manifest under a name that nobody reads, and gives that name.
    func writeDraft(_ manifest: Manifest, inline: [UInt8]) throws(FileFailure) -> String {
        let draft = manifestPath(manifest.key, manifest.generation) + ".draft"
        let bytes = ManifestFile(manifest, inline: inline).bytes
        let file: SystemFile
        do {
            file = try SystemFile.create(draft)
        } catch {
            try SystemFolder.make(String(draft[..<(draft.lastIndex(of: "/") ?? draft.endIndex)]))
            file = try SystemFile.create(draft)
        }
        try file.write(bytes)
        return draft
    }

    /// Writes a manifest in place of the one of the same version; small bytes that lie in that go along.
    func replace(_ manifest: Manifest) throws(FileFailure) {
        var inline: [UInt8] = []
        if case .inline = manifest.content, manifest.size > 0, let (file, offset) = try openInline(manifest) {
            inline = try file.read(at: offset, count: Int(manifest.size))
        }
        let path = manifestPath(manifest.key, manifest.generation)
        try SystemFolder.unlink(path + ".draft")
        try SystemFolder.rename(try writeDraft(manifest, inline: inline), to: path)
    }

    func publish(_ draft: String, _ manifest: Manifest) throws(FileFailure) {
        try SystemFolder.rename(draft, to: manifestPath(manifest.key, manifest.generation))
    }

    func remove(_ manifest: Manifest) throws(FileFailure) {
        try SystemFolder.unlink(manifestPath(manifest.key, manifest.generation))
    }

    /// Opens the file of an object whose bytes lie in its manifest; nil when a later version has taken its place meanwhile.
    func openInline(_ manifest: Manifest) throws(FileFailure) -> (file: SystemFile, offset: Int64)? {
        do {
            let file = try SystemFile.open(manifestPath(manifest.key, manifest.generation))
            let size = try file.size()
            return (file, size - manifest.size)
        } catch {
            if error.isMissing { return nil }
            throw error
        }
    }
}
