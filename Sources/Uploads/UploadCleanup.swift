internal import Content
internal import FileSystemTypes
package import Logging
package import ObjectStorage
package import Staging

/// Ends the uploads that the life before has left and nobody will go on with. To be run before anything is uploaded: it takes for lost what has no
/// part and no record.
package struct UploadCleanup: Sendable {
    private let store: any ObjectStore
    private let journal: Journal
    private let logger: Logger

    /// How long after its intent an upload may have been begun, in seconds: as long as requests are repeated, and some more.
    private static let longestBeginning: Int64 = 300
    /// Keys that are looked at at the same time.
    private static let width = 8

    package init(_ store: any ObjectStore, _ journal: Journal, logger: Logger) {
        self.store = store
        self.journal = journal
        self.logger = logger
    }

    private enum Step: Sendable {
        /// An upload that was intended. Its note goes when it has been looked for.
        case begun(intent: Int64, Key, since: Timestamp)
        case unwanted(intent: Int64, Upload)
        /// The record of a file is intent enough for its uploads.
        case recorded(Key, since: Timestamp)
    }

    package func run(_ left: Recovered) async {
        let known = Set(left.files.compactMap { $0.record.upload?.id } + left.intents.compactMap(\.unwanted?.id))
        let steps = left.intents.compactMap(Self.step) + left.files.compactMap { step($0) }
        await withTaskGroup(of: Void.self) { group in
            for (index, step) in steps.enumerated() {
                if index >= Self.width { await group.next() }
                group.addTask { await carryOut(step, known) }
            }
        }
    }

    private static func step(_ intent: Intent) -> Step? {
        switch intent.action {
        case .beginUpload(let key, let since): .begun(intent: intent.id, key, since: since)
        case .abortUpload(let upload): .unwanted(intent: intent.id, upload)
        case .rename, .delete, .setAttributes: nil
        }
    }

    /// Nil for a file that is too small to go up in parts: most are.
    private func step(_ file: Recovered.File) -> Step? {
        guard case .closed = file.record.state, let content = file.content, let map = try? ExtentMap(decoding: content.extents) else { return nil }
        guard map.size > store.limits.minimumPart || !map.sources.isEmpty else { return nil }
        return .recorded(file.record.key, since: file.record.began)
    }

    private func carryOut(_ step: Step, _ known: Set<UploadID>) async {
        switch step {
        case .begun(let intent, let key, let since):
            let end = Timestamp(seconds: since.seconds + Self.longestBeginning)
            if await abortLost(key, since, min(end, .now), known) { await forget(intent) }
        case .unwanted(let intent, let upload): if await abort(upload) { await forget(intent) }
        case .recorded(let key, let since): _ = await abortLost(key, since, .now, known)
        }
    }

    /// False when it is worth another attempt by the next mount.
    private func abortLost(_ key: Key, _ since: Timestamp, _ end: Timestamp, _ known: Set<UploadID>) async -> Bool {
        do throws(StoreError) {
            let count = try await store.abortLostUploads(of: key, begunSince: since, until: end, except: known)
            if count > 0 { logger.notice("an upload of \(key) had been begun when the mount before ended; it is aborted") }
            return true
        } catch {
            logger.warning("\(key) may have an unfinished upload without parts, which could not be looked for: \(error)")
            return !RetryPolicy.mayPass(error)
        }
    }

    private func abort(_ upload: Upload) async -> Bool {
        do throws(StoreError) {
            try await store.abortUpload(upload)
            return true
        } catch {
            logger.warning("the unfinished upload \(upload.id) of \(upload.key) could not be aborted: \(error)")
            return !RetryPolicy.mayPass(error)
        }
    }

    private func forget(_ intent: Int64) async {
        // What stays is looked at once more by the next mount.
        try? await journal.commit([.removeIntent(intent)])
    }
}

extension Intent {
    fileprivate var unwanted: Upload? {
        if case .abortUpload(let upload) = action { upload } else { nil }
    }
}
