package import FileSystemTypes

/// Uploads that have begun and whose ids nobody was told: the answer was lost, or whoever asked did not live to record it.
extension ObjectStore {
    /// Aborts the uploads of exactly `key` that were begun in the time given, of this machine's clock, and have no part yet; gives how many.
    ///
    /// Whose an upload is, no store says. One that somebody else has begun just now may be among them, but nothing of his is lost: an
    /// upload that has parts is left alone, and he learns with his first part that he has to begin anew.
    @discardableResult
    package func abortLostUploads(
        of key: Key, begunSince start: Timestamp, until end: Timestamp = .now, except known: Set<UploadID>
    ) async throws(StoreError) -> Int {
        // Stores tell their clock in whole seconds, and answers take time.
        let slack: Int64 = 3
        let time = start.seconds - slack...max(start.seconds, end.seconds) + slack
        var aborted = 0
        for upload in try await listUploads(prefix: key) where upload.key == key && !known.contains(upload.id) {
            guard let initiated = upload.initiated, time.contains(initiated.seconds), try await isEmpty(upload) else { continue }
            try await abortUpload(upload)
            aborted += 1
        }
        return aborted
    }

    private func isEmpty(_ upload: Upload) async throws(StoreError) -> Bool {
        do throws(StoreError) {
            return try await listParts(upload).isEmpty
        } catch {
            guard error.reason == .noSuchUpload else { throw error }
            return false
        }
    }
}
