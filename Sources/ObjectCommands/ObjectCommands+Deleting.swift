internal import FileSystemTypes
package import ObjectStorage
internal import RemoteStore
internal import Signing

/// One object, or one version of it.
package struct VersionedKey: Hashable, Sendable {
    package var key: Key
    package var version: String?

    package init(_ key: Key, version: String? = nil) {
        self.key = key
        self.version = version
    }
}

/// What became of one of many that were to be deleted.
package struct Deletion: Sendable {
    package var target: VersionedKey
    /// The delete marker that now hides it, or that was taken away.
    package var marker: String?
    /// Nil: it is gone.
    package var failure: StoreError?
}

extension ObjectCommands {
    /// One by itself. `ifMatch`: only this version of its bytes (Amazon S3).
    package func delete(_ target: VersionedKey, bypassesGovernance: Bool = false, ifMatch: String? = nil) async throws(StoreError) -> Deletion {
        var call = ObjectCall("DELETE", target.key)
        if let version = target.version { call.ask("versionId", version) }
        if bypassesGovernance { call.say(header("bypass-governance-retention"), "true") }
        call.say("If-Match", ifMatch.map { ETag($0).quoted })
        let answer = try await objects.send(call)
        let marker = answer[header("delete-marker")] == "true" ? answer[header("version-id")] : nil
        return Deletion(target: target, marker: marker)
    }

    /// Up to a thousand in one request. Keys that an XML document cannot carry are deleted one by one.
    package func delete(_ targets: [VersionedKey], bypassesGovernance: Bool = false) async throws(StoreError) -> [Deletion] {
        precondition(targets.count <= objects.store.limits.deleteBatch, "a request takes no more")
        var done = try await deleteTogether(targets.filter { Self.canCarry($0.key) }, bypassesGovernance)
        for target in targets where !Self.canCarry(target.key) {
            do throws(StoreError) {
                done.append(try await delete(target, bypassesGovernance: bypassesGovernance))
            } catch {
                done.append(Deletion(target: target, failure: error))
            }
        }
        return done
    }

    private func deleteTogether(_ targets: [VersionedKey], _ bypassesGovernance: Bool) async throws(StoreError) -> [Deletion] {
        guard !targets.isEmpty else { return [] }
        var call = ObjectCall("POST", nil)
        call.ask("delete")
        call.needsMD5 = true
        if bypassesGovernance { call.say(header("bypass-governance-retention"), "true") }
        call.body = BytesSource(
            XMLWriter.document("Delete") { xml in
                xml.element("Quiet", "false")
                for target in targets {
                    xml.element("Object") { xml in
                        xml.element("Key", target.key.description)
                        if let version = target.version { xml.element("VersionId", version) }
                    }
                }
            })
        let root = try await objects.send(call).element("DeleteResult")
        return root.children.compactMap { Self.deletion($0, isEncoded: root.text("EncodingType") == "url") }
    }

    private static func deletion(_ element: XMLElement, isEncoded: Bool) -> Deletion? {
        guard element.name == "Deleted" || element.name == "Error", let text = element.text("Key") else { return nil }
        let key = Key(isEncoded ? PercentEncoding.decode(text.utf8, plusIsBlank: true) : Array(text.utf8))
        let version = element.text("VersionId").flatMap { $0.isEmpty ? nil : $0 }
        var deletion = Deletion(target: VersionedKey(key, version: version), marker: element.text("DeleteMarkerVersionId"))
        guard element.name == "Error" else { return deletion }
        let code = element.text("Code")
        deletion.failure = StoreError(
            code == "AccessDenied" ? .accessDenied : .unavailable, element.text("Message") ?? "the store did not delete it", serviceCode: code)
        return deletion
    }

    /// XML 1.0 has no way to write most control characters, nor bytes that are not UTF-8.
    private static func canCarry(_ key: Key) -> Bool {
        guard let text = String(validating: key.bytes, as: UTF8.self) else { return false }
        return text.unicodeScalars.allSatisfy { $0.value >= 32 && $0.value != 0xFFFE && $0.value != 0xFFFF }
    }
}
