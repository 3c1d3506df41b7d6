internal import ObjectStorage
internal import Staging
internal import Synchronization

/// The copies of one rename whose ETags are not those of what they are copies of (parts, encryption): after a crash nothing else tells them.
final class CopyLedger: Sendable {
    private let intent: Int64
    private let journal: Journal?
    private let copies: Mutex<[Key: MovedCopy]>

    init(_ intent: Int64, _ journal: Journal?, known: [MovedCopy] = []) {
        self.intent = intent
        self.journal = journal
        copies = Mutex(Dictionary(known.filter { $0.intent == intent }.map { ($0.key, $0) }, uniquingKeysWith: { $1 }))
    }

    /// Returns when the local disk has it.
    func note(_ source: ETag?, copiedTo key: Key, as copy: ETag?) async throws(StoreError) {
        guard source != copy || copies.withLock({ $0[key] != nil }) else { return }
        let moved = MovedCopy(intent: intent, key: key, source: source, copy: copy)
        copies.withLock { $0[key] = moved }
        do throws(StateError) {
            try await journal?.commit([.putMovedCopy(moved)])
        } catch {
            throw StoreError(.localFailure, error.message)
        }
    }

    /// Nil when nothing was noted: then it is either no copy, or has its source's ETag.
    func copy(at key: Key) -> MovedCopy? { copies.withLock { $0[key] } }

    /// What a copy of `version` is called; the same where nothing else was noted.
    func etag(of source: ETag?, at key: Key) -> ETag? {
        guard let noted = copy(at: key), noted.source == source else { return source }
        return noted.copy
    }
}
