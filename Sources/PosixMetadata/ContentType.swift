package import FileSystemTypes

/// The `Content-Type` that a new object gets, so that a browser or a page served from the bucket shows it right.
package enum ContentType {
    /// Of folder markers: what s3fs writes and reads.
    package static let folder = "application/x-directory"
    /// Of bytes that nothing is known about (RFC 9110, 8.3).
    package static let unknown = "application/octet-stream"

    /// By the name's extension, whatever its case; of symbolic links, special files and unknown extensions, bytes.
    package static func guess(_ kind: FileKind, name: FileName) -> String {
        switch kind {
        case .directory: folder
        case .regular: fileExtension(of: name).flatMap { table[$0] } ?? unknown
        case .symbolicLink, .fifo, .socket, .characterDevice, .blockDevice: unknown
        }
    }

    /// What is after the last point, in lower case; nil for names without, and for `.profile` and its kin.
    private static func fileExtension(of name: FileName) -> String? {
        guard let point = name.bytes.lastIndex(of: UInt8(ascii: ".")), point > 0, point + 1 < name.bytes.count else { return nil }
        let bytes = name.bytes[(point + 1)...]
        guard bytes.count <= longestExtension, bytes.allSatisfy({ $0 > 32 && $0 < 127 }) else { return nil }
        return String(decoding: bytes, as: UTF8.self).lowercased()
    }

    private static let longestExtension = 12

    /// Extension -> type.
    private static let table: [String: String] = {
        var table: [String: String] = [:]
        for line in ContentTypeTable.text.split(separator: "\n") {
            let words = line.split(separator: " ")
            for word in words.dropFirst() { table[String(word)] = String(words[0]) }
        }
        return table
    }()

    /// How many extensions are known.
    package static var count: Int { table.count }

    /// Extensions that the table has more than once: none, or one of its lines is without effect.
    package static var duplicates: [String] {
        let words = ContentTypeTable.text.split(separator: "\n").flatMap { $0.split(separator: " ").dropFirst().map(String.init) }
        return Dictionary(grouping: words, by: \.self).filter { $0.value.count > 1 }.keys.sorted()
    }
}
