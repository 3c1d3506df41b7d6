internal import FileSystemTypes

/// Where a symbolic link's target is kept.
package enum LinkTarget: Hashable, Sendable {
    /// The object's content is the target (s3fs, gcsfuse, FSx, blobfuse2; what this project writes).
    case content
    /// The target is in the metadata (GeeseFS, obsfs, gcsfuse before 2024).
    case inline([UInt8])

    /// The longest target (`PATH_MAX` without its NUL), in bytes.
    package static let maximumBytes = 4095

    init?(_ metadata: [String: String], kind: FileKind?) {
        for name in ["--symlink-target", "symlink-target", "gcsfuse_symlink_target"] {
            guard let text = metadata[name], !text.isEmpty else { continue }
            let target = name == "--symlink-target" ? PercentCoding.decode(text) : Array(text.utf8)
            guard target.count <= Self.maximumBytes, !target.contains(0) else { continue }
            self = .inline(target)
            return
        }
        let isMarked = ["goog-reserved-file-is-symlink", "is_symlink"].contains { metadata[$0]?.lowercased() == "true" }
        guard isMarked || kind == .symbolicLink else { return nil }
        self = .content
    }
}
