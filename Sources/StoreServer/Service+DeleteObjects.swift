import ObjectStorage

extension Service {
    /// Deletes up to a thousand keys. Each is answered on its own; with `Quiet` only those that failed.
    func deleteObjects(_ request: Request, _ claim: PayloadClaim) async throws -> Response {
        let bucket = try bucket(request)
        guard let root = try await requestDocument(request, claim, protected: true) else { throw ServiceError.malformedXML }
        let objects = root.children.filter { $0.name == "Object" }
        guard root.name == "Delete", (1...dialect.limits.deleteBatch).contains(objects.count) else { throw ServiceError.malformedXML }
        let isQuiet = root.text("Quiet")?.trimmed.lowercased() == "true"
        let results = try objects.map { object in
            guard let text = object.text("Key"), !text.isEmpty else { throw ServiceError.malformedXML }
            return (key: text, error: delete(Key(text), object, in: bucket))
        }
        return .xml(
            document("DeleteResult") { xml in
                for (key, error) in results {
                    if let error {
                        write(error, key, to: &xml)
                    } else if !isQuiet {
                        xml.element("Deleted") { $0.element("Key", key) }
                    }
                }
            })
    }

    private func delete(_ key: Key, _ object: XMLElement, in bucket: Bucket) -> ServiceError? {
        if key.bytes.count > dialect.limits.key { return .keyTooLong }
        if object.child("VersionId") != nil { return .notImplemented("VersionId") }
        do {
            try bucket.delete(key, WritePrecondition(matches: object.text("ETag").map { EntityTags($0) }))
            return nil
        } catch {
            return error as? ServiceError ?? .internalError
        }
    }

    private func write(_ error: ServiceError, _ key: String, to xml: inout XMLWriter) {
        xml.element("Error") { xml in
            xml.element("Key", key)
            xml.element("Code", error.code)
            xml.element("Message", error.message)
        }
    }
}
