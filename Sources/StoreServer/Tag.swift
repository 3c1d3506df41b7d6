import ObjectStorage

/// A tag of an object or a bucket.
struct Tag: Hashable, Codable, Sendable {
    var key: String
    var value: String

    /// Reads `<Tagging><TagSet><Tag>...`.
    static func list(_ root: XMLElement, limit: Int, reserved: String) throws(ServiceError) -> [Tag] {
        guard root.name == "Tagging", let set = root.child("TagSet") else { throw .malformedXML }
        var tags: [Tag] = []
        for child in set.children {
            guard child.name == "Tag", let key = child.text("Key"), let value = child.text("Value") else { throw .malformedXML }
            tags.append(Tag(key: key, value: value))
        }
        try check(tags, limit: limit, reserved: reserved)
        return tags
    }

    /// Reads the `tagging` header: `a=1&b=2`, form-encoded.
    static func list(header text: String, limit: Int, reserved: String) throws(ServiceError) -> [Tag] {
        let malformed = ServiceError.invalidArgument(
            "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.")
        var tags: [Tag] = []
        for item in text.split(separator: "&") {
            let sides = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map { $0.replacing("+", with: " ") }
            guard let key = PercentCoding.decodeText(sides[0]), let value = sides.count == 2 ? PercentCoding.decodeText(sides[1]) : "" else {
                throw malformed
            }
            guard !tags.contains(where: { $0.key == key }) else { throw malformed }
            tags.append(Tag(key: key, value: value))
        }
        try check(tags, limit: limit, reserved: reserved)
        return tags
    }

    private static func check(_ tags: [Tag], limit: Int, reserved: String) throws(ServiceError) {
        guard tags.count <= limit else { throw ServiceError(400, "BadRequest", "Tags cannot be greater than \(limit)") }
        for tag in tags {
            guard (1...128).contains(tag.key.unicodeScalars.count) else { throw .invalidTag("The TagKey you have provided is invalid") }
            guard tag.value.unicodeScalars.count <= 256 else { throw .invalidTag("The TagValue you have provided is invalid") }
            guard !tag.key.hasPrefix(reserved) else { throw .invalidTag("System tags cannot be added/updated by requester") }
        }
        guard Set(tags.map(\.key)).count == tags.count else { throw .invalidTag("Cannot provide multiple Tags with the same key") }
    }
}

extension ServiceError {
    static func invalidTag(_ message: String) -> ServiceError { ServiceError(400, "InvalidTag", message) }
    static let noSuchTagSet = ServiceError(404, "NoSuchTagSet", "The TagSet does not exist")
}

extension XMLWriter {
    mutating func element(_ tags: [Tag]) {
        element("TagSet") { xml in
            for tag in tags {
                xml.element("Tag") { xml in
                    xml.element("Key", tag.key)
                    xml.element("Value", tag.value)
                }
            }
        }
    }
}
