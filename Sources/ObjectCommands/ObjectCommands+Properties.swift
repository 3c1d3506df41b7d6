package import BucketAdministration
internal import FileSystemTypes
package import ObjectStorage
internal import RemoteStore

/// Tags, access lists and metadata: what is kept beside the bytes and can be changed without them.
extension ObjectCommands {
    package func tags(of key: Key, version: String? = nil) async throws(StoreError) -> [(name: String, value: String)] {
        try ObjectFeature.tags.check(dialect)
        do throws(StoreError) {
            let root = try await objects.send(subresource("GET", key, "tagging", version)).element("Tagging")
            return (root.first("TagSet")?.all("Tag") ?? []).map { ($0.text("Key") ?? "", $0.text("Value") ?? "") }
        } catch {
            guard error.status == 404, error.serviceCode == "NoSuchTagSet" else { throw error }
            return []
        }
    }

    /// In place of all that were there; none at all takes them away.
    package func setTags(of key: Key, version: String? = nil, _ tags: [(name: String, value: String)]) async throws(StoreError) {
        try ObjectFeature.tags.check(dialect)
        try await checkKnown("tagging", root: "Tagging", of: key, version)
        guard !tags.isEmpty else {
            _ = try await objects.send(subresource("DELETE", key, "tagging", version))
            return
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
        _ = try await objects.send(subresource("PUT", key, "tagging", version, document))
    }

    /// The store's own document.
    package func accessList(of key: Key, version: String? = nil) async throws(StoreError) -> String {
        try ObjectFeature.accessList.check(dialect)
        return try await objects.send(subresource("GET", key, "acl", version)).text
    }

    /// By the name of a canned list, or by a document of the store's.
    package func setAccessList(of key: Key, version: String? = nil, canned: String?, document: String?) async throws(StoreError) {
        try ObjectFeature.accessList.check(dialect)
        try await checkKnown("acl", root: "AccessControlPolicy", of: key, version)
        var call = subresource("PUT", key, "acl", version, document.map { Bytes($0) })
        call.say(header("acl"), canned)
        _ = try await objects.send(call)
    }

    /// How access lists of objects are written in this dialect; nil where there are none.
    package var accessListForm: FeatureForm? {
        ObjectFeature.accessList.isOffered(dialect) ? BucketFeature.acl.form(BucketFeature.Wire(dialect)) : nil
    }

    /// What `change` makes of what is there. OBS takes a change as such; elsewhere the object is copied onto itself.
    package func setMetadata(
        of key: Key, version: String? = nil, _ change: (inout ObjectAttributes) -> Void
    ) async throws(StoreError) {
        var reading = ReadWish()
        reading.version = version
        let head = try await stat(key, reading)
        var wish = WriteWish()
        wish.attributes = attributes(of: head)
        change(&wish.attributes)
        if dialect.family == .obs {
            wish.attributes.storageClass = nil
            var call = subresource("PUT", key, "metadata", version)
            call.say(header("metadata-directive"), "REPLACE")
            try wish.add(to: &call, dialect)
            _ = try await objects.send(call)
            return
        }
        var copy = CopyWish()
        copy.version = version
        copy.ifMatch = head["etag"]
        copy.replacesAttributes = true
        copy.target = wish
        if copy.target.attributes.storageClass == nil { copy.target.attributes.storageClass = head[header("storage-class")] }
        _ = try await self.copy(key, of: objects, to: key, copy)
    }

    /// Fails with `unsupported` where the store gives the object itself for its sub-resource: it would take a change of that for one of the object.
    func checkKnown(_ name: String, root: String, of key: Key, _ version: String?) async throws(StoreError) {
        guard objects.mayIgnoreSubresources else { return }
        do throws(StoreError) {
            let (_, body) = try await objects.open(subresource("GET", key, name, version))
            let beginning = try await body.next() ?? Bytes()
            body.cancel()
            let text = String(decoding: beginning.slice(from: 0, upTo: 1024).contiguous, as: UTF8.self)
            guard text.contains("<\(root)") else {
                throw StoreError(.unsupported, "the store does not know ?\(name) of objects; nothing was changed")
            }
        } catch {
            // It knows it, and there is nothing of the kind.
            guard error.status == 404, let code = error.serviceCode, !["NoSuchKey", "NoSuchBucket", "NoSuchVersion"].contains(code) else {
                throw error
            }
        }
    }

    func subresource(_ method: String, _ key: Key, _ name: String, _ version: String? = nil, _ body: Bytes? = nil) -> ObjectCall {
        var call = ObjectCall(method, key)
        call.ask(name)
        if let version { call.ask("versionId", version) }
        call.body = body.map { BytesSource($0) }
        call.needsMD5 = body != nil
        return call
    }
}
