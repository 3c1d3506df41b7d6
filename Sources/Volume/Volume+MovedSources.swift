internal import Content
internal import ObjectStorage
internal import Synchronization

/// Objects that have other names now: whoever reads or builds on them goes on with them there.
extension Volume {
    func renameSources(_ renamed: (ObjectVersion) -> ObjectVersion?) {
        let files = handles.withLock { $0.openFiles } + queue.files
        var seen: Set<ObjectIdentifier> = []
        for file in files where seen.insert(ObjectIdentifier(file)).inserted {
            file.withLockedState { $0.map.renameSources(renamed) }
            for handle in handles.withLock({ $0.handles(of: file) }) {
                if let old = handle.opened, let new = renamed(old) { handle.repin(from: old, to: new) }
            }
        }
    }
}

extension ExtentMap {
    /// In two steps, because the new name of one object may be the old name of another.
    mutating func renameSources(_ renamed: (ObjectVersion) -> ObjectVersion?) {
        var steps: [(between: ObjectVersion, new: ObjectVersion)] = []
        for (index, old) in Set(sources + [base].compactMap(\.self)).enumerated() {
            guard let new = renamed(old) else { continue }
            // No key is as long as this one.
            var between = old
            between.key = Key(Array(repeating: 0, count: 2048) + Array(String(index).utf8))
            replaceSource(old, with: between)
            steps.append((between, new))
        }
        for step in steps { replaceSource(step.between, with: step.new) }
    }
}

extension ObjectVersion {
    /// The same bytes at another key, where the store may call them by another ETag.
    func renamed(_ key: Key, _ ledger: CopyLedger) -> ObjectVersion {
        ObjectVersion(key: key, etag: ledger.etag(of: etag, at: key), size: size)
    }
}
