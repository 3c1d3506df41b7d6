internal import FileSystemTypes
internal import HTTPTransport
package import ObjectStorage
internal import Signing

extension RemoteStore {
    package func list(_ list: ListRequest) async throws(StoreError) -> ListPage {
        guard list.withAttributes, capabilities.listAttributes else { return try await page(list, withAttributes: false) }
        do throws(StoreError) {
            return try await page(list, withAttributes: true)
        } catch {
            // Names of metadata that are no names of elements make the document something that is no XML; or it is another store than it was.
            guard [.invalidResponse, .invalidRequest, .unsupported].contains(error.reason) else { throw error }
            return try await page(list, withAttributes: false)
        }
    }

    private func page(_ list: ListRequest, withAttributes: Bool) async throws(StoreError) -> ListPage {
        var request = request("GET")
        request.delivery = .collected(limit: 32 << 20)
        request.query = dialect.listing == .tokens ? version2Query(list) : version1Query(list)
        request.query += [.encoding("prefix", raw: list.prefix.bytes), QueryItem("max-keys", String(list.maximumKeys))]
        if dialect.encodesListings { request.query.append(QueryItem("encoding-type", "url")) }
        if withAttributes { request.query.append(QueryItem("metadata", "true")) }
        if let delimiter = list.delimiter { request.query.append(.encoding("delimiter", delimiter)) }
        let document = try await client.send(request).document(request)
        let handler = ListingHandler()
        do throws(StoreError) {
            try XMLPushParser.parse(document, handler)
            return try page(handler)
        } catch {
            var error = error
            error.operation = request.title
            throw error
        }
    }

    private func version2Query(_ list: ListRequest) -> [QueryItem] {
        var query = [QueryItem("list-type", "2")]
        if let cursor = list.cursor { query.append(.encoding("continuation-token", raw: cursor.bytes)) }
        if let key = list.startAfter { query.append(.encoding("start-after", raw: key.bytes)) }
        return query
    }

    private func version1Query(_ list: ListRequest) -> [QueryItem] {
        guard let marker = list.cursor?.bytes ?? list.startAfter?.bytes else { return [] }
        return [.encoding("marker", raw: marker)]
    }

    private func page(_ handler: ListingHandler) throws(StoreError) -> ListPage {
        var (page, token, marker) = try handler.page()
        guard handler.isTruncated else { return page }
        if let token {
            page.next = ListCursor(Array(token.utf8))
        } else {
            // Version 1 names the next marker only where a delimiter was given; otherwise the last name serves.
            let last = [page.objects.last?.key, page.commonPrefixes.last].compactMap(\.self).max()
            page.next = (marker ?? last).map { ListCursor($0.bytes) }
        }
        guard page.next != nil else { throw StoreError(.invalidResponse, "the store's listing is cut off without saying where to go on") }
        return page
    }
}

extension QueryItem {
    /// Encodes a value that need not be UTF-8.
    static func encoding(_ name: String, raw value: [UInt8]) -> QueryItem {
        QueryItem(name, PercentEncoding.encode(value, keeping: nil))
    }
}
