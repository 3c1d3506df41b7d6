package import FileSystemTypes

/// The extended attributes of a file as s3fs keeps them, all in the one value `xattr`: a JSON object of names and values in base 64,
/// percent-encoded.
package struct ExtendedAttributes: Hashable, Sendable {
    private var values: [ExtendedAttributeName: [UInt8]]
    /// Something in the stored text could not be read and would be lost if it were written again.
    package let isDamaged: Bool

    /// The name in the object's user metadata.
    package static let metadataName = "xattr"

    package init() {
        values = [:]
        isDamaged = false
    }

    package var isEmpty: Bool { values.isEmpty }
    /// In the order of their bytes.
    package var names: [ExtendedAttributeName] { values.keys.sorted() }

    /// Nil where there is none: ENODATA.
    package subscript(name: ExtendedAttributeName) -> [UInt8]? { values[name] }

    /// Throws EEXIST and ENODATA as setxattr(2) has them, E2BIG for a value that is too long for Linux, EIO when others are damaged.
    ///
    /// Whether the store takes so much is known only of all metadata together: `StoredMetadata.check`.
    package mutating func set(
        _ name: ExtendedAttributeName, to value: [UInt8], mode: ExtendedAttributeMode = .createOrReplace
    ) throws(Errno) {
        guard value.count <= ExtendedAttributeLimit.value else { throw .tooBig }
        guard mode != .create || values[name] == nil else { throw .exists }
        guard mode != .replace || values[name] != nil else { throw .noData }
        guard !isDamaged else { throw .inputOutput }
        values[name] = value
    }

    /// Throws ENODATA where there is none, EIO when others are damaged.
    package mutating func remove(_ name: ExtendedAttributeName) throws(Errno) {
        guard values[name] != nil else { throw .noData }
        guard !isDamaged else { throw .inputOutput }
        values[name] = nil
    }
}

// The text in the metadata.
extension ExtendedAttributes {
    /// Nil when there are no attributes: then the object needs no such metadata.
    package var encoded: String? {
        guard !values.isEmpty else { return nil }
        var json: [UInt8] = []
        for name in names {
            json.append(json.isEmpty ? UInt8(ascii: "{") : UInt8(ascii: ","))
            json += [Self.quote] + Self.escaped(name) + Array("\":\"".utf8) + Base64Coding.encode(values[name] ?? []) + [Self.quote]
        }
        return PercentCoding.encode(json + [UInt8(ascii: "}")])
    }

    /// Never fails: pairs that cannot be read are left out, and `isDamaged` says so.
    package init(decoding text: String) {
        var reader = PairReader(PercentCoding.decode(text))
        values = [:]
        while let pair = reader.next() { values[pair.name] = pair.value }
        isDamaged = reader.isDamaged
    }

    private static let quote = UInt8(ascii: "\"")

    /// s3fs splits its JSON at every comma and colon and knows no escapes, so names with those are escaped: it shows them oddly, but
    /// reads all other attributes.
    private static func escaped(_ name: ExtendedAttributeName) -> [UInt8] {
        var text: [UInt8] = []
        for byte in name.bytes {
            if byte < 32 || "\",:\\".utf8.contains(byte) {
                text += Array("\\u00".utf8) + (byte < 16 ? [UInt8(ascii: "0")] : []) + Array(String(byte, radix: 16).utf8)
            } else {
                text.append(byte)
            }
        }
        return text
    }
}
