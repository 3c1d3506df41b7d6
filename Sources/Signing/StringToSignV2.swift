/// What Version 2 and its relatives sign: method, `Content-MD5`, `Content-Type`, date, the store's own headers, and the resource.
struct StringToSignV2: Sendable {
    /// Not text: a query value may decode to any bytes.
    let bytes: [UInt8]

    /// `date` is the date line: a `Date` header, an expiry, or nothing.
    init(_ request: SignableRequest, date: String, dialect: SignatureV2.Dialect) {
        let builder = Builder(request: request, dialect: dialect)
        let lines = [request.method, builder.field("content-md5"), builder.field("content-type"), date]
        bytes = Array((lines.joined(separator: "\n") + "\n" + builder.headerBlock()).utf8) + builder.resource()
    }

    private struct Builder {
        let request: SignableRequest
        let dialect: SignatureV2.Dialect

        /// The value of one header, which a URL may carry in its query instead.
        func field(_ name: String) -> String {
            request.header(name).map(Self.unfolded) ?? fieldsInQuery { $0 == name }.first?.value ?? ""
        }

        /// One `name:value` line for each of the store's own headers; repeated ones are joined.
        func headerBlock() -> String {
            var values: [String: [String]] = [:]
            let own = request.headers.map { (name: $0.name.lowercased(), value: Self.unfolded($0.value)) }
            for (name, value) in own + fieldsInQuery({ _ in true }) where name.hasPrefix(dialect.prefix) {
                values[name, default: []].append(value)
            }
            return values.sorted { $0.key < $1.key }.map { "\($0.key):\($0.value.joined(separator: ","))\n" }.joined()
        }

        /// Parameters that stand for headers.
        private func fieldsInQuery(_ matches: (String) -> Bool) -> [(name: String, value: String)] {
            guard dialect.queryStandsForHeaders else { return [] }
            return request.query.compactMap { item in
                let name = String(decoding: PercentEncoding.decode(item.name.utf8), as: UTF8.self).lowercased()
                guard matches(name) else { return nil }
                let value = String(decoding: PercentEncoding.decode((item.value ?? "").utf8), as: UTF8.self)
                return (name, Self.unfolded(value))
            }
        }

        /// Bucket and key as sent, then the sub-resources with decoded values, in the order of their names.
        func resource() -> [UInt8] {
            let subresources = request.query
                .map { (name: PercentEncoding.decode($0.name.utf8), item: $0) }
                .filter { dialect.isSubresource(String(decoding: $0.name, as: UTF8.self)) }
                .sorted { $0.name.lexicographicallyPrecedes($1.name) }
                .map { Array($0.item.name.utf8) + ($0.item.value.map { [UInt8(ascii: "=")] + PercentEncoding.decode($0.utf8) } ?? []) }
            let query = Array(subresources.joined(separator: [UInt8(ascii: "&")]))
            return Array(path().utf8) + (query.isEmpty ? [] : [UInt8(ascii: "?")] + query)
        }

        private func path() -> String {
            if let bucket = request.hostBucket { return "/\(bucket.lowercased())\(request.path)" }
            let isBucketAlone = request.path.utf8.count > 1 && !request.path.dropFirst().utf8.contains(UInt8(ascii: "/"))
            return isBucketAlone && dialect.endsBucketWithSlash ? request.path + "/" : request.path
        }

        /// Trimmed, folded lines as one; runs of blanks within stay.
        private static func unfolded(_ value: String) -> String {
            value.split(whereSeparator: \.isNewline).map(trimmed).filter { !$0.isEmpty }.joined(separator: " ")
        }

        private static func trimmed(_ text: Substring) -> Substring {
            let isBlank = { (character: Character) in character == " " || character == "\t" }
            guard let last = text.lastIndex(where: { !isBlank($0) }) else { return "" }
            return text[...last].drop(while: isBlank)
        }
    }
}
