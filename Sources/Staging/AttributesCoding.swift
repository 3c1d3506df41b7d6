package import ObjectStorage

/// Attributes as a blob: strings with their lengths, in the order of their names.
extension ObjectAttributes {
    package var encoded: [UInt8] {
        var bytes: [UInt8] = []
        Self.append(contentType, to: &bytes)
        Self.append(storageClass, to: &bytes)
        for (name, value) in metadata.sorted(by: { $0.key < $1.key }) {
            Self.append(name, to: &bytes)
            Self.append(value, to: &bytes)
        }
        for (header, value) in headers.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            Self.append(Self.headerMark + header.rawValue, to: &bytes)
            Self.append(value, to: &bytes)
        }
        return bytes
    }

    /// No name of user metadata has it.
    private static let headerMark = ":"

    /// Nil when `bytes` is not what `encoded` gives.
    package init?(encoded bytes: [UInt8]) {
        var rest = bytes[...]
        guard let type = Self.next(&rest), let storageClass = Self.next(&rest) else { return nil }
        self.init(contentType: type, storageClass: storageClass)
        while !rest.isEmpty {
            guard let name = Self.next(&rest) ?? nil, let value = Self.next(&rest) ?? nil else { return nil }
            if let header = name.hasPrefix(Self.headerMark) ? KeptHeader(rawValue: String(name.dropFirst())) : nil {
                headers[header] = value
            } else {
                metadata[name] = value
            }
        }
    }

    /// Length + 1 in four bytes, 0 for nil, then UTF-8.
    private static func append(_ text: String?, to bytes: inout [UInt8]) {
        let count = UInt32(text.map { $0.utf8.count + 1 } ?? 0)
        for shift in stride(from: UInt32(0), to: 32, by: 8) { bytes.append(UInt8(count >> shift & 255)) }
        if let text { bytes.append(contentsOf: text.utf8) }
    }

    /// The next string; nil inside for nil, nil outside for bytes that are none.
    private static func next(_ rest: inout ArraySlice<UInt8>) -> String?? {
        guard rest.count >= 4 else { return nil }
        let count = rest.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
        rest = rest.dropFirst(4)
        guard count > 0 else { return .some(nil) }
        guard rest.count >= count - 1 else { return nil }
        defer { rest = rest.dropFirst(count - 1) }
        return .some(String(decoding: rest.prefix(count - 1), as: UTF8.self))
    }
}
