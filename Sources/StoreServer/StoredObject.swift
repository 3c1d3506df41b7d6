/// One version of an object, as the index holds it.
final class StoredObject: Sendable {
    let manifest: Manifest

    init(_ manifest: Manifest) {
        self.manifest = manifest
    }

    var size: Int64 { manifest.size }
    var etag: String { manifest.etag }
    var facts: ObjectFacts { manifest.facts }
}
