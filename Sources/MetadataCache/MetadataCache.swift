internal import FileSystemTypes
internal import Foundation
internal import Glibc
package import Logging
package import ObjectStorage
package import Threads

/// What HEAD has said of objects, remembered on the local disk from mount to mount.
///
/// Nothing in it is believed by itself: a listing proves an entry with the same ETag, size and time of last change (`MetadataProof`). Whatever
/// goes wrong costs requests and nothing else: a damaged file is begun anew, a slow disk is not waited for, and the folder may be deleted
/// at any time. Several mounts may use one file. SQLite runs on a thread of its own.
package final class MetadataCache: Sendable {
    package struct Options: Sendable {
        /// What the file may take on the disk, in bytes; the folders that were not used for the longest time go first.
        package var maximumBytes: Int64 = 256 << 20
        /// For how long an answer counts although listings prove it: for stores that change metadata without a trace in listings.
        package var lifetime: Duration?
        /// How long a question waits for the disk.
        package var patience: Duration = .milliseconds(500)

        package init() {}
    }

    /// What waits to be written; more than that is not remembered.
    static let longestQueue = 65_536

    private struct State {
        var questions: [Question] = []
        var changes: [MetadataPlace: [UInt8]?] = [:]
        /// Keys of folders of which everything is forgotten, before the changes.
        var emptied: [Key] = []
        /// Listings of this store tell parts of seconds.
        var hasFractions = false
        var isClosing = false
        var hasEnded = false
    }

    private enum Question: Sendable {
        case known([ListedObject], isPage: Bool, Reply<[Key: ObjectInfo]>)
        case hasAsked(Key, Reply<Bool>)
    }

    private enum Step {
        case ask([Question])
        case change([MetadataPlace: [UInt8]?], emptied: [Key])
        case end
    }

    private let state = Monitor(State())
    private let options: Options
    private let proof: MetadataProof
    private let logger: Logger

    /// `path` is the cache's file; folders above it are made. Returns at once: the file is opened by the cache's thread.
    package init(path: String, options: Options = Options(), logger: Logger) throws(ThreadError) {
        self.options = options
        self.logger = logger
        proof = MetadataProof(lifetime: options.lifetime?.components.seconds)
        let state = state
        let worker = MetadataWorker(path: path, maximumBytes: options.maximumBytes, proof: proof, logger: logger)
        try NamedThread.start("metadata") { Self.work(worker, state) }.detach()
    }

    /// What is known of listed objects and still true. Never fails; never waits for long.
    ///
    /// - Parameter isPage: they are all the objects of a folder between the first and the last of them; then one query finds them.
    package func known(_ objects: [ListedObject], isPage: Bool) async -> [Key: ObjectInfo] {
        guard !objects.isEmpty else { return [:] }
        let reply = Reply<[Key: ObjectInfo]>()
        let hasFractions = objects.contains { ($0.lastModified?.nanoseconds ?? 0) != 0 }
        let isTaken = ask(.known(objects, isPage: isPage, reply), hasFractions: hasFractions)
        return isTaken ? await reply.wait(atMost: options.patience, late: [:]) : [:]
    }

    /// Whether there is an answer about `key`, proved or not, also that there is no such object: then a listing may save asking again.
    package func hasAsked(_ key: Key) async -> Bool {
        let reply = Reply<Bool>()
        return ask(.hasAsked(key, reply)) ? await reply.wait(atMost: options.patience, late: false) : false
    }

    private func ask(_ question: Question, hasFractions: Bool = false) -> Bool {
        state.change { state in
            guard !state.isClosing else { return false }
            state.hasFractions = state.hasFractions || hasFractions
            state.questions.append(question)
            return true
        }
    }

    /// Keeps what the store has said, a little later.
    ///
    /// - Parameter listed: what a listing said before that, where it tells times more exactly than in seconds.
    package func remember(_ key: Key, _ info: ObjectInfo, listed: ListedObject?) {
        let isExact = state.change { $0.hasFractions }
        guard let record = proof.record(info, listed, isExact: isExact, now: Self.now) else { return }
        note(key, record.encoded)
    }

    /// There is no such object.
    package func rememberAbsence(of key: Key) {
        note(key, MetadataRecord.absence)
    }

    /// The object has been changed.
    package func forget(_ key: Key) {
        note(key, nil)
    }

    /// An object, or for the key of a folder all that is below it, is another one now, and may be as old as the one that was there.
    package func forget(below key: Key) {
        guard key.bytes.last == UInt8(ascii: "/") else { return forget(key) }
        state.change { state in
            guard !state.isClosing, state.emptied.count < Self.longestQueue else { return }
            state.changes = state.changes.filter { !$0.key.folder.starts(with: key.bytes) }
            state.emptied.append(key)
        }
        forget(key)
    }

    private func note(_ key: Key, _ record: [UInt8]?) {
        state.change { state in
            guard !state.isClosing, state.changes.count < Self.longestQueue else { return }
            state.changes.updateValue(record, forKey: MetadataPlace(key))
        }
    }

    /// Writes what waits, for at most `limit`.
    package func close(within limit: Duration = .seconds(3)) {
        state.changeForAll { $0.isClosing = true }
        state.wait(atMost: limit) { $0.hasEnded ? true : nil }
    }

    static var now: Int64 { Timestamp.now.seconds }

    private static func work(_ worker: MetadataWorker, _ state: Monitor<State>) {
        while true {
            switch state.wait(next) {
            case .ask(let questions):
                for question in questions { answer(question, worker) }
            case .change(let changes, let emptied):
                for folder in emptied { worker.empty(folder) }
                worker.change(changes)
            case .end:
                worker.close()
                state.changeForAll { $0.hasEnded = true }
                return
            }
        }
    }

    private static func answer(_ question: Question, _ worker: MetadataWorker) {
        switch question {
        case .known(let objects, let isPage, let reply): reply.answer(worker.known(objects, isPage: isPage))
        case .hasAsked(let key, let reply): reply.answer(worker.hasRecord(of: key))
        }
    }

    /// Changes before questions: what was forgotten must not be told any more. Nil when there is nothing to do.
    private static func next(_ state: inout State) -> Step? {
        if !state.changes.isEmpty || !state.emptied.isEmpty {
            defer { (state.changes, state.emptied) = ([:], []) }
            return .change(state.changes, emptied: state.emptied)
        }
        if !state.questions.isEmpty {
            defer { state.questions = [] }
            return .ask(state.questions)
        }
        return state.isClosing ? .end : nil
    }
}
