internal import ObjectStorage

/// Where a key is kept: the folder that it is listed in, and what follows. The marker of a folder is kept in the folder above.
struct MetadataPlace: Hashable, Sendable {
    let folder: [UInt8]
    let name: [UInt8]

    init(_ key: Key) {
        let slash = UInt8(ascii: "/")
        let end = key.bytes.dropLast().lastIndex(of: slash).map { $0 + 1 } ?? 0
        folder = Array(key.bytes[..<end])
        name = Array(key.bytes[end...])
    }
}
