package import FileSystemTypes
internal import HTTPTransport
package import ObjectStorage
internal import Signing

/// Tags, access lists, restoration, retention, holds, expiry and classes of objects, as each dialect has them.
///
/// Sources: Amazon S3 API Reference; "Operations on Objects", OBS API Reference; "Use Immutable Object Storage", IBM Cloud Docs.
extension RemoteStore: ObjectServices {
    package var services: Set<ObjectService> {
        switch dialect.family {
        case .s3: [.tags, .accessList, .restoration, .retention, .legalHold, .storageClass]
        case .obs: [.tags, .accessList, .restoration, .retention, .expiry, .storageClass]
        case .cos: [.tags, .accessList, .restoration, .retention, .legalHold]
        case .oos: [.storageClass]
        }
    }

    package func value(of service: ObjectService, _ key: Key) async throws(StoreError) -> String? {
        try checkOffered(service)
        switch service {
        case .tags: return try await tags(of: key)
        case .accessList: return try await grants(of: key)
        case .legalHold where dialect.family == .cos: return try await holds(of: key)
        case .restoration, .retention, .legalHold, .expiry, .storageClass:
            let response = try await client.send(try checked("HEAD", key))
            return response.value(of: service, dialect)
        }
    }

    package func set(_ service: ObjectService, of key: Key, to text: String?) async throws(StoreError) {
        try checkOffered(service)
        switch service {
        case .tags: try await setTags(of: key, text)
        case .accessList: try await setAccessList(of: key, text ?? "private")
        case .restoration: try await restore(key, try text.required("a number of days"))
        case .retention: try await retain(key, try text.required("a date"))
        case .legalHold: try await hold(key, try text.required("a hold"))
        case .expiry: try await setProperty("expires", of: key, String(try days(text)))
        case .storageClass: try await setProperty("storage-class", of: key, try word(text))
        }
    }

    private func checkOffered(_ service: ObjectService) throws(StoreError) {
        guard services.contains(service) else {
            throw StoreError(.unsupported, "\(dialect.family.title) does not offer \(service.rawValue) of objects")
        }
    }

    // MARK: Tags

    private func tags(of key: Key) async throws(StoreError) -> String? {
        guard let root = try await document("Tagging", of: key, "tagging") else { return nil }
        let tags = (root.first("TagSet")?.all("Tag") ?? []).map { tag in
            PercentEncoding.encode(tag.text("Key") ?? "") + "=" + PercentEncoding.encode(tag.text("Value") ?? "")
        }
        return tags.isEmpty ? nil : tags.joined(separator: "&")
    }

    private func setTags(of key: Key, _ text: String?) async throws(StoreError) {
        guard let text else { return try await change("DELETE", key, [QueryItem("tagging")]) }
        var tags: [(name: String, value: String)] = []
        for pair in text.split(separator: "&") {
            let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map { half in
                String(decoding: PercentEncoding.decode(half.utf8, plusIsBlank: true), as: UTF8.self)
            }
            guard halves.count == 2, !halves[0].isEmpty else { throw Self.invalid("tags are written as name=value&other=value") }
            tags.append((halves[0], halves[1]))
        }
        let document = XMLWriter.document("Tagging") { xml in
            xml.element("TagSet") { xml in
                for tag in tags {
                    xml.element("Tag") { xml in
                        xml.element("Key", tag.name)
                        xml.element("Value", tag.value)
                    }
                }
            }
        }
        try await change("PUT", key, [QueryItem("tagging")], document)
    }

    // MARK: Access

    private func grants(of key: Key) async throws(StoreError) -> String? {
        guard let root = try await document("AccessControlPolicy", of: key, "acl") else { return nil }
        let lines = (root.first("AccessControlList")?.all("Grant") ?? []).map { grant in
            let grantee = grant.first("Grantee")
            let name = ["ID", "URI", "EmailAddress", "Canned", "DisplayName"].lazy.compactMap { grantee?.text($0) }.first { !$0.isEmpty }
            return "\(grant.text("Permission") ?? "?") \(name ?? "?")"
        }
        return lines.joined(separator: "\n")
    }

    private func setAccessList(of key: Key, _ text: String) async throws(StoreError) {
        let header = HeaderField(dialect.header("acl"), try word(text))
        try await change("PUT", key, [QueryItem("acl")], headers: [header])
    }

    // MARK: Archives

    private func restore(_ key: Key, _ text: String) async throws(StoreError) {
        let words = text.split(separator: " ")
        guard (1...2).contains(words.count), let days = Int(words[0]), days > 0 else {
            throw Self.invalid("a restoration is written as a number of days and perhaps a tier, e.g. 7 Standard")
        }
        let tier = words.count == 2 ? String(words[1]) : dialect.family == .cos ? "Bulk" : "Standard"
        let document = XMLWriter.document("RestoreRequest") { xml in
            xml.element("Days", String(days))
            xml.element(dialect.headerPrefix == "x-obs-" ? "RestoreJob" : "GlacierJobParameters") { $0.element("Tier", tier) }
        }
        try await change("POST", key, [QueryItem("restore")], document)
    }

    // MARK: Locks

    private func retain(_ key: Key, _ text: String) async throws(StoreError) {
        guard dialect.family != .cos else { return try await extendRetention(key, text) }
        let words = text.split(separator: " ")
        guard (1...2).contains(words.count), let date = Timestamp(iso8601: String(words[words.count - 1])) else {
            throw Self.invalid("a retention is written as a mode and a date, e.g. COMPLIANCE 2030-01-31T00:00:00Z")
        }
        let mode = words.count == 2 ? String(words[0]) : "COMPLIANCE"
        let isNative = dialect.family == .obs
        let document = XMLWriter.document("Retention") { xml in
            xml.element("Mode", mode)
            xml.element("RetainUntilDate", isNative ? String(date.seconds * 1000) : String(words[words.count - 1]))
        }
        try await change("PUT", key, [QueryItem("retention")], document)
    }

    private func extendRetention(_ key: Key, _ text: String) async throws(StoreError) {
        let header: HeaderField
        if let seconds = Int64(text) {
            header = HeaderField("New-Retention-Period", String(seconds))
        } else if Timestamp(iso8601: text) != nil {
            header = HeaderField("New-Retention-Expiration-Date", text)
        } else {
            throw Self.invalid("a retention is written as a number of seconds, or as a date, e.g. 2030-01-31T00:00:00Z")
        }
        try await change("POST", key, [QueryItem("extendRetention")], headers: [header])
    }

    private func holds(of key: Key) async throws(StoreError) -> String? {
        guard let root = try await document("RetentionState", of: key, "legalHold") else { return nil }
        let names = (root.first("LegalHoldSet")?.all("LegalHold") ?? []).compactMap { $0.text("ID") }
        return names.isEmpty ? nil : names.joined(separator: " ")
    }

    private func hold(_ key: Key, _ text: String) async throws(StoreError) {
        guard dialect.family != .cos else {
            let (action, name) = text.hasPrefix("-") ? ("remove", String(text.dropFirst())) : ("add", text)
            return try await change("POST", key, [QueryItem("legalHold"), .encoding(action, try word(name))])
        }
        guard text == "ON" || text == "OFF" else { throw Self.invalid("a legal hold is ON or OFF") }
        try await change("PUT", key, [QueryItem("legal-hold")], XMLWriter.document("LegalHold") { $0.element("Status", text) })
    }

    // MARK: What stands in headers

    /// OBS changes one thing and leaves the rest; elsewhere the object is copied onto itself.
    private func setProperty(_ name: String, of key: Key, _ value: String) async throws(StoreError) {
        let prefix = name == "expires" ? dialect.vendorPrefix : dialect.headerPrefix
        var headers = [HeaderField(prefix + name, value)]
        guard dialect.family != .obs else {
            headers.append(HeaderField(dialect.header("metadata-directive"), "REPLACE_NEW"))
            return try await change("PUT", key, [QueryItem("metadata")], headers: headers)
        }
        headers.append(HeaderField(dialect.header("copy-source"), copySource(key)))
        var request = try checked("PUT", key)
        request.isSlow = true
        // The class is named here, so that the one of new objects is not.
        request.roles = [.creates, .content, .copies]
        request.headers = headers
        _ = try await answer(request, root: "CopyObjectResult")
    }

    private func days(_ text: String?) throws(StoreError) -> Int {
        guard let text, let days = Int(text), days > 0 else { throw Self.invalid("an expiry is written as a number of days") }
        return days
    }

    private func word(_ text: String?) throws(StoreError) -> String {
        guard let text, (1...64).contains(text.utf8.count), text.utf8.allSatisfy({ (33..<127).contains($0) }) else {
            throw Self.invalid("it is one word of at most 64 characters")
        }
        return text
    }

    // MARK: Requests

    /// Nil where the object has no such thing.
    private func document(_ root: String, of key: Key, _ name: String) async throws(StoreError) -> XMLElement? {
        var request = try checked("GET", key)
        request.query = [QueryItem(name)]
        do throws(StoreError) {
            return try await answer(request, root: root)
        } catch {
            guard error.status == 404, error.serviceCode != "NoSuchKey", error.serviceCode != "NoSuchBucket" else { throw error }
            return nil
        }
    }

    private func change(
        _ method: String, _ key: Key, _ query: [QueryItem], _ body: Bytes? = nil, headers: [HeaderField] = []
    ) async throws(StoreError) {
        var request = try checked(method, key)
        request.query = query
        request.headers = headers
        request.body = body.map { BytesSource($0) }
        request.needsMD5 = body != nil
        do throws(StoreError) {
            _ = try await client.send(request)
        } catch {
            throw error.asRefusalOfValue
        }
    }

    fileprivate static func invalid(_ message: String) -> StoreError { StoreError(.invalidRequest, message) }
}

extension StoreError {
    /// What the store calls a wrong state of the object is here a value that it does not take.
    fileprivate var asRefusalOfValue: StoreError {
        guard reason == .archived else { return self }
        var error = self
        error.reason = .invalidRequest
        return error
    }
}

extension Optional where Wrapped == String {
    fileprivate func required(_ what: String) throws(StoreError) -> String {
        guard let self else { throw RemoteStore.invalid("\(what) is wanted, and it cannot be taken away") }
        return self
    }
}

extension StoreResponse {
    /// What HEAD says of it.
    fileprivate func value(of service: ObjectService, _ dialect: Dialect) -> String? {
        switch service {
        case .restoration: headers[dialect.header("restore")]
        case .retention where dialect.family == .cos: headers["retention-expiration-date"] ?? headers["retention-period"]
        case .retention:
            headers[dialect.header("object-lock-retain-until-date")].map { "\(headers[dialect.header("object-lock-mode")] ?? "COMPLIANCE") \($0)" }
        case .legalHold: headers[dialect.header("object-lock-legal-hold")]
        case .expiry: headers[dialect.header("expiration")] ?? headers[dialect.vendorPrefix + "expiration"]
        case .storageClass: headers[dialect.header("storage-class")]
        case .tags, .accessList: nil
        }
    }
}

extension XMLWriter {
    package static func document(_ root: String, _ content: (inout XMLWriter) -> Void) -> Bytes {
        var writer = XMLWriter()
        writer.element(root, namespace: "http://s3.amazonaws.com/doc/2006-03-01/", content)
        return writer.bytes
    }
}
