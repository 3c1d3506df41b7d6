import ObjectStorage

extension Service {
    /// Deletes up to a thousand keys. Each is answered on its own; with `Quiet` only those that failed.
    func deleteObjects(_ request: Request, _ claim: PayloadClaim) async throws -> Response {
        let bucket = try bucket(request)
        guard let root = try await requestDocument(request, claim, protected: true) else { throw ServiceError.malformedXML }
        let objects = root.children.filter { $0.name == "Object" }
        guard root.name == "Delete", (1...dialect.limits.deleteBatch).contains(objects.count) else { throw ServiceError.malformedXML }
        let isQuiet = root.text("Quiet")?.trimmed.lowercased() == "true"
        // Keys that XML has no characters for.
        let isEncoded = root.text("EncodingType")?.trimmed == "url"
        let results = try objects.map { object in
            let given = object.text("Key")
            guard let text = isEncoded ? given.flatMap(PercentCoding.decodeForm) : given, !text.isEmpty else { throw ServiceError.malformedXML }
            return (key: text, outcome: delete(Key(text), object, in: bucket, request))
        }
        return .xml(
            document("DeleteResult") { xml in
                if isEncoded { xml.element("EncodingType", "url") }
                for (text, outcome) in results {
                    let key = isEncoded ? PercentCoding.encodeForm(text.utf8) : text
                    switch outcome {
                    case .failure(let failure): write(failure, key, to: &xml)
                    case .success(let deletion):
                        if !isQuiet { write(deletion, key, to: &xml) }
                    }
                }
            })
    }

    /// What went wrong with one of the keys.
    private struct Failure: Error {
        let version: String?
        let error: ServiceError
    }

    private func delete(_ key: Key, _ object: XMLElement, in bucket: Bucket, _ request: Request) -> Result<Deletion, Failure> {
        let version = object.text("VersionId").map { String($0.trimmed) }
        do {
            guard key.bytes.count <= dialect.limits.key else { throw ServiceError.keyTooLong }
            let condition = WritePrecondition(matches: object.text("ETag").map { EntityTags($0) })
            return .success(
                try delete(key, version: version, in: bucket, bypassesGovernance: request.bypassesGovernance, condition))
        } catch {
            return .failure(Failure(version: version, error: dialect.form(of: error as? ServiceError ?? .internalError)))
        }
    }

    private func write(_ deletion: Deletion, _ key: String, to xml: inout XMLWriter) {
        xml.element("Deleted") { xml in
            xml.element("Key", key)
            xml.optional("VersionId", deletion.named)
            guard let marker = deletion.marker else { return }
            xml.element("DeleteMarker", true)
            xml.element("DeleteMarkerVersionId", marker.facts.version ?? VersionID.null)
        }
    }

    private func write(_ failure: Failure, _ key: String, to xml: inout XMLWriter) {
        xml.element("Error") { xml in
            xml.element("Key", key)
            xml.optional("VersionId", failure.version)
            xml.element("Code", failure.error.code)
            xml.element("Message", failure.error.message)
        }
    }
}
