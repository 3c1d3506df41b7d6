import ObjectStorage
import Synchronization

/// A multipart upload that is neither completed nor aborted.
final class PendingUpload: Sendable {
    /// One uploaded part.
    struct Part: Sendable {
        var number: Int
        /// Its key is the upload's; its content is never inline.
        var manifest: Manifest
    }

    private struct State {
        var parts: [Int: Part] = [:]
        /// Completed or aborted: no more parts.
        var closed = false
    }

    let id: String
    /// The key, the attributes of the object to be, and when the upload began.
    let manifest: Manifest
    /// What checksum the object shall have; nil for none.
    let checksumAlgorithm: ChecksumAlgorithm?
    /// Whether the object's checksum is one of the whole, not of the parts' checksums.
    let hasFullChecksum: Bool
    private let path: String
    private let state = Mutex(State())

    /// `manifest.checksum` carries the algorithm; its `parts` is set where a composite checksum is wanted.
    init(id: String, manifest: Manifest, path: String) {
        self.id = id
        self.manifest = manifest
        self.path = path
        checksumAlgorithm = manifest.checksum?.algorithm
        hasFullChecksum = manifest.checksum?.parts == nil
    }

    /// Writes the upload's own file, which makes it survive a restart.
    func save() throws(FileFailure) {
        try SystemFolder.make(path)
        try SystemFile.create("\(path)/upload").write(ManifestFile(manifest, inline: []).bytes)
    }

    var parts: [Part] {
        state.withLock { Array($0.parts.values) }.sorted { $0.number < $1.number }
    }

    /// Takes a part, in place of an earlier one with its number.
    func put(_ part: Part) throws {
        let file = partPath(part)
        do throws(FileFailure) {
            try SystemFile.create(file).write(ManifestFile(part.manifest, inline: []).bytes)
        } catch {
            throw error.isMissing ? ServiceError.noSuchUpload : error
        }
        let (accepted, old) = state.withLock { state -> (Bool, Part?) in
            state.closed ? (false, nil) : (true, state.parts.updateValue(part, forKey: part.number))
        }
        if let old { try SystemFolder.unlink(partPath(old)) }
        if !accepted {
            try SystemFolder.unlink(file)
            throw ServiceError.noSuchUpload
        }
    }

    private func partPath(_ part: Part) -> String {
        "\(path)/\(part.number).\(String(part.manifest.generation, radix: 16))"
    }

    /// Runs `commit` on the parts while none can be added, and closes the upload when it succeeds.
    func complete<Result>(_ commit: ([Int: Part]) throws -> Result) throws -> Result {
        let result = try state.withLock { state in
            guard !state.closed else { throw ServiceError.noSuchUpload }
            let result = try commit(state.parts)
            state = State(closed: true)
            return result
        }
        try SystemFolder.removeTree(path)
        return result
    }

    func abort() throws {
        try complete { _ in }
    }

    /// Puts back what was found at start.
    func load(_ part: Part) throws(FileFailure) {
        let superseded = state.withLock { state -> Part? in
            if let other = state.parts[part.number], other.manifest.generation > part.manifest.generation { return part }
            return state.parts.updateValue(part, forKey: part.number)
        }
        if let superseded { try SystemFolder.unlink(partPath(superseded)) }
    }
}
