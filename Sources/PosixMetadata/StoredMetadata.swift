package import FileSystemTypes

/// What an object's user metadata says of a file: read in the forms of many tools, written in s3fs's.
///
/// | name | value |
/// |---|---|
/// | `mode` | `st_mode` in decimal, with the type |
/// | `uid`, `gid` | decimal |
/// | `mtime`, `ctime`, `atime` | seconds, a point, nine digits |
/// | `rdev` | `st_rdev` in decimal (GeeseFS's name) |
/// | `xattr` | `ExtendedAttributes` |
///
/// Nil is what the metadata does not say.
package struct StoredMetadata: Hashable, Sendable {
    /// What the type bits of the mode say; `kind(isFolder:size:)` is what the object is.
    package var kind: FileKind?
    /// The low twelve bits of `st_mode`.
    package var permissions: UInt16?
    package var userID: UInt32?
    package var groupID: UInt32?
    package var accessed: Timestamp?
    package var modified: Timestamp?
    package var changed: Timestamp?
    package var device: DeviceNumber?
    package var linkTarget: LinkTarget?
    package var extendedAttributes: ExtendedAttributes?

    package init() {}

    /// - Parameter isFolder: the key ends in `/`, which decides where a mode can be read in two ways.
    package init(_ metadata: [String: String], isFolder: Bool) {
        var isOctal = false
        for form in MetadataForm.all {
            guard let text = metadata[form.name] else { continue }
            read(text, form.value, isFolder: isFolder, &isOctal)
        }
        if let attributes = metadata["s3cmd-attrs"] { readS3cmd(attributes, isFolder: isFolder) }
        device = metadata["rdev"].flatMap { DeviceNumber($0, isHexadecimal: isOctal) }
        linkTarget = LinkTarget(metadata, kind: kind)
        extendedAttributes = metadata[ExtendedAttributes.metadataName].map { ExtendedAttributes(decoding: $0) }
    }

    private mutating func read(_ text: String, _ value: MetadataForm.Value, isFolder: Bool, _ isOctal: inout Bool) {
        switch value {
        case .mode(let form):
            guard permissions == nil, let read = FileMode.read(text, form, isFolder: isFolder) else { return }
            kind = read.mode.kind
            permissions = read.mode.permissions
            isOctal = read.isOctal
        case .userID: userID = userID ?? Self.identifier(text)
        case .groupID: groupID = groupID ?? Self.identifier(text)
        case .accessed: accessed = accessed ?? StoredTime.read(text)
        case .modified: modified = modified ?? StoredTime.read(text)
        case .changed: changed = changed ?? StoredTime.read(text)
        }
    }

    /// s3cmd: `atime:1700000000/ctime:…/gid:0/mode:33188/mtime:…/uid:0`, whatever is between slashes without these names left aside.
    private mutating func readS3cmd(_ text: String, isFolder: Bool) {
        var isOctal = false
        for pair in text.split(separator: "/") {
            let parts = pair.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, let form = MetadataForm.s3fs.first(where: { $0.name == parts[0] }) else { continue }
            read(String(parts[1]), form.value, isFolder: isFolder, &isOctal)
        }
    }

    /// The largest number means "leave as it is" to chown(2) and is no one's.
    private static func identifier(_ text: String) -> UInt32? {
        guard text.utf8.first != UInt8(ascii: "+"), let number = UInt32(text), number != .max else { return nil }
        return number
    }
}

extension StoredMetadata {
    /// What an object is: a key that ends in `/` is a folder, another one never; symbolic links and special files are what their mode
    /// says only if their size allows it, so that no content is out of reach.
    package func kind(isFolder: Bool, size: Int64) -> FileKind {
        if isFolder { return .directory }
        switch linkTarget {
        case .inline: return .symbolicLink
        case .content: return (1...Int64(LinkTarget.maximumBytes)).contains(size) ? .symbolicLink : .regular
        case nil: break
        }
        switch kind {
        case .fifo, .socket, .characterDevice, .blockDevice: return size == 0 ? kind ?? .regular : .regular
        case .regular, .directory, .symbolicLink, nil: return .regular
        }
    }

    /// This over `metadata`: everything else in it stays, what is nil here too.
    ///
    /// Other tools' forms of the same attributes are brought up to date where the object has them, so that no two of them contradict each other.
    package func written(over metadata: [String: String], kind: FileKind) -> [String: String] {
        var result = metadata
        for form in MetadataForm.s3fs { result[form.name] = text(form.value, kind) ?? metadata[form.name] }
        for form in MetadataForm.all where metadata[form.name] != nil { result[form.name] = text(form.value, kind) ?? metadata[form.name] }
        if let device { result["rdev"] = device.text }
        if let extendedAttributes { result[ExtendedAttributes.metadataName] = extendedAttributes.encoded }
        // All of these are above now, and s3cmd's text has digests of the content too.
        result["s3cmd-attrs"] = nil
        return result
    }

    private func text(_ value: MetadataForm.Value, _ kind: FileKind) -> String? {
        switch value {
        case .mode(let form): permissions.map { FileMode(kind, $0).text(form) }
        case .userID: userID.map { String($0) }
        case .groupID: groupID.map { String($0) }
        case .accessed(let form): accessed.map { StoredTime.text($0, form) }
        case .modified(let form): modified.map { StoredTime.text($0, form) }
        case .changed(let form): changed.map { StoredTime.text($0, form) }
        }
    }

    /// `metadata` without what is true only of the bytes that the object had: to be dropped when its content changes.
    ///
    /// rclone keeps the MD5 of multipart objects in `md5chksum` and reports damage when it is wrong.
    package static func withoutDigests(_ metadata: [String: String]) -> [String: String] {
        metadata.filter { !["md5chksum", "s3cmd-attrs"].contains($0.key) }
    }

    /// Throws ENOSPC when the metadata are more than the store keeps: the bytes of names (without the dialect's prefix) and values.
    ///
    /// Throws EIO when something in them cannot be sent: values are printable ASCII.
    package static func check(_ metadata: [String: String], maximumBytes: Int) throws(Errno) {
        var size = 0
        for (name, value) in metadata {
            guard !name.isEmpty, name.utf8.allSatisfy({ $0 > 32 && $0 < 127 }), value.utf8.allSatisfy({ $0 >= 32 && $0 < 127 }) else {
                throw .inputOutput
            }
            size += name.utf8.count + value.utf8.count
        }
        guard size <= maximumBytes else { throw .noSpace }
    }
}
