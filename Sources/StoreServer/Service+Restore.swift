import NIOHTTP1
import ObjectStorage

extension Service {
    /// 202 for a restoration that begins, 200 for one that is made longer.
    func restoreObject(_ request: Request, _ claim: PayloadClaim) async throws -> Response {
        let (bucket, object) = try find(request)
        guard let root = try await requestDocument(request, claim, protected: dialect.isNative), root.name == "RestoreRequest",
            let days = root.text("Days").flatMap({ Int64($0.trimmed) })
        else { throw ServiceError.malformedXML }
        guard isArchiveClass(object) else {
            throw ServiceError(403, "InvalidObjectState", "Restore is not allowed, as object's storage class is not GLACIER.")
                .with(detail: "StorageClass", dialect.wireName(ofClass: object.manifest.attributes.storageClass))
        }
        guard (1...dialect.features.longestRestoreDays).contains(days) else {
            throw ServiceError.invalidArgument("The number of days must be 1 to \(dialect.features.longestRestoreDays)")
        }
        let now = request.now
        let ready = now.adding(seconds: dialect.features.restoreSeconds)
        var isNew = true
        try bucket.update(object) { facts throws(ServiceError) in
            if let restoration = facts.restoration, restoration.isOngoing(now: now) {
                throw ServiceError(409, "RestoreAlreadyInProgress", "Object restore is already in progress")
            }
            isNew = facts.restoration?.isReadable(now: now) != true
            let begin = isNew ? ready : now
            facts.restoration = Restoration(
                readyMilliseconds: begin.milliseconds, expiresMilliseconds: begin.adding(seconds: days * 86400).milliseconds)
        }
        return Response(isNew ? 202 : 200, headers: versionHeaders(of: object, in: bucket))
    }

    func isArchiveClass(_ object: StoredObject) -> Bool {
        dialect.features.archiveClasses.contains(object.manifest.attributes.storageClass)
    }

    /// Refuses to read what lies in an archive and is not restored.
    func checkReadable(_ object: StoredObject, now: StoreTime) throws(ServiceError) {
        guard isArchiveClass(object), object.facts.restoration?.isReadable(now: now) != true else { return }
        throw ServiceError(403, "InvalidObjectState", "The operation is not valid for the object's storage class")
            .with(detail: "StorageClass", dialect.wireName(ofClass: object.manifest.attributes.storageClass))
    }
}
