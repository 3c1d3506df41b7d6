/// What a listing tells of an object beside its size and version, in one piece: listings of many objects are kept for a while.
package struct ListedAttributes: Hashable, Sendable {
    private enum Field: UInt8 {
        case contentType = 1
        case storageClass
        case header
        case metadata
    }

    /// Fields one after the other: what it is, its name, 0, its value, 0.
    private let bytes: [UInt8]

    /// Nil for texts that no header has: such an object must be asked for by itself.
    package init?(_ attributes: ObjectAttributes) {
        var bytes: [UInt8] = []
        func add(_ field: Field, _ name: String, _ value: String) -> Bool {
            bytes.append(field.rawValue)
            for text in [name, value] {
                guard text.utf8.allSatisfy({ (32..<127).contains($0) }) else { return false }
                bytes += text.utf8
                bytes.append(0)
            }
            return true
        }
        guard attributes.contentType.map({ add(.contentType, "", $0) }) ?? true, attributes.storageClass.map({ add(.storageClass, "", $0) }) ?? true,
            attributes.headers.sorted(by: { $0.key.rawValue < $1.key.rawValue }).allSatisfy({ add(.header, $0.key.rawValue, $0.value) }),
            attributes.metadata.sorted(by: { $0.key < $1.key }).allSatisfy({ add(.metadata, $0.key, $0.value) })
        else { return nil }
        self.bytes = bytes
    }

    package var unpacked: ObjectAttributes {
        var attributes = ObjectAttributes()
        var rest = bytes[...]
        while let field = rest.popFirst().flatMap({ Field(rawValue: $0) }) {
            let (name, value) = (Self.text(&rest), Self.text(&rest))
            switch field {
            case .contentType: attributes.contentType = value
            case .storageClass: attributes.storageClass = value
            case .header: if let header = KeptHeader(rawValue: name) { attributes.headers[header] = value }
            case .metadata: attributes.metadata[name] = value
            }
        }
        return attributes
    }

    private static func text(_ rest: inout ArraySlice<UInt8>) -> String {
        let piece = rest.prefix { $0 != 0 }
        rest = rest.dropFirst(piece.count + 1)
        return String(decoding: piece, as: UTF8.self)
    }
}
