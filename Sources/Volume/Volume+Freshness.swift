internal import FileSystemTypes
internal import ObjectStorage
internal import Synchronization

/// What a lookup has just heard from the store, so that the open it belongs to need not ask again.
struct RecentAnswers: Sendable {
    /// Longer than the kernel takes from the answer to a lookup to the open(2) that made it, shorter than anybody takes to act on another's close(2).
    static let lifetime = Duration.milliseconds(2)
    private static let most = 64
    private var answers: [Inode: ContinuousClock.Instant] = [:]

    mutating func note(_ inode: Inode) {
        if answers.count >= Self.most { answers = [:] }
        answers[inode] = .now
    }

    /// True once.
    mutating func take(_ inode: Inode) -> Bool {
        answers.removeValue(forKey: inode).map { .now - $0 < Self.lifetime } ?? false
    }
}

extension Volume {
    /// What is known of a file is as fresh as an open(2) asks for: within its time, or, close-to-open, of this moment.
    func refresh(_ inode: Inode) async throws(Errno) {
        let known = try node(inode)
        guard options.revalidatesAtOpen, !known.isLocal, !known.isUnlinked, known.isFresh(.now) else {
            _ = try await attributes(of: inode, handle: nil)
            return
        }
        guard !recent.withLock({ $0.take(inode) }) else { return }
        if try await isStill(known.remote, at: try path(of: inode)) { return }
        _ = try await askedAttributes(of: inode, known)
    }

    /// One conditional request, without a body.
    private func isStill(_ version: RemoteVersion?, at path: [FileName]) async throws(Errno) -> Bool {
        guard let etag = version?.etag else { return false }
        let key = keys.file(path)
        return try await asking { () async throws(StoreError) in
            do throws(StoreError) {
                return try await store.head(key, ReadConditions(ifNoneMatch: etag)).etag == etag
            } catch {
                switch error.reason {
                case .notModified: return true
                case .noSuchKey: return false
                default: throw error
                }
            }
        }
    }

    /// Tells the kernel what it does not know yet of what was noticed.
    func tellKernel() {
        tellMemory()
        let kernel = self.kernel.withLock { $0 }
        let notices = tree.withLock { tree in
            tree.noticeSuperfluous(beyond: options.maximumInodes, prunes: kernel?.prunes ?? false)
            defer { tree.notices = [] }
            return tree.notices
        }
        guard !notices.isEmpty, let kernel else { return }
        for notice in notices { kernel.notify(notice) }
    }
}

extension Tree {
    /// What may wait to be told: what is beyond that the kernel believes until its time is up.
    private static let mostNotices = 1024

    /// Somebody else has taken a name away, or put something else in its place.
    mutating func noticeName(_ name: FileName, in parent: Inode) {
        guard notices.count < Self.mostNotices else { return }
        notices.append(.name(name, parent: parent))
    }

    /// The kernel keeps what it knows until it needs the memory, which may be much later than this process does.
    ///
    /// `prunes`: it can be told of inodes, and lets go of those that nobody uses. Else it is told of names; not of folders, since it would take
    /// the name from a folder that a process works in as well.
    mutating func noticeSuperfluous(beyond limit: Int, prunes: Bool) {
        guard count > limit else { return }
        var held: [Inode] = []
        for inode in superfluous(beyond: limit, atMost: Self.mostNotices - notices.count, folders: prunes) {
            guard let node = self[inode], let name = node.name, let parent = node.parent else { continue }
            if node.references == 0 {
                dropIfUnused(inode)
            } else if prunes {
                held.append(inode)
            } else {
                notices.append(.name(name, parent: parent))
            }
        }
        if !held.isEmpty { notices.append(.unused(held)) }
    }

    /// Somebody else has changed a file, or what is stored beside its content.
    mutating func noticeChange(_ inode: Inode, from old: Node, to new: Node) {
        guard old.references > 0, old.validUntil != nil, notices.count < Self.mostNotices else { return }
        if old.remote != new.remote, old.lastOpened != nil { return notices.append(.content(inode, nil)) }
        if old.attributes != new.attributes { notices.append(.attributes(inode)) }
    }

    /// A listing shows another version of a file than the one that is known.
    mutating func noticeVersion(_ listed: ListedObject, _ name: FileName, in folder: Inode) {
        guard let inode = child(name, of: folder), let node = self[inode], !node.isLocal, let remote = node.remote else { return }
        guard let etag = listed.etag, let known = remote.etag, etag != known || listed.size != remote.size else { return }
        _ = update(inode) { $0.validUntil = nil }
        guard node.references > 0, notices.count < Self.mostNotices else { return }
        notices.append(node.lastOpened == nil ? .attributes(inode) : .content(inode, nil))
    }
}
