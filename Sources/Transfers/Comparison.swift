package import FileSystemTypes
package import ObjectStorage
internal import PosixMetadata

/// Which way bytes go.
package enum TransferDirection: String, Hashable, Codable, Sendable {
    case up
    case down
    /// From one bucket to another, or within one.
    case across
}

/// By what a transfer tells that two sides are the same.
package enum ComparisonRule: Hashable, Sendable {
    case sizeAndTime
    case size
    case content
}

/// What is known of one path on both sides, and whether it has to be transferred; pure.
package struct Comparison: Hashable, Sendable {
    package enum Verdict: Hashable, Sendable {
        case same
        /// Why, in a word or two.
        case differs(String)
        /// The listings do not tell: ask the store for the metadata of the sides named, then `verdict(asked:)`.
        case ask(source: Bool, target: Bool)
        /// The bytes themselves, or digests of them, are to be compared.
        case compareContent
    }

    package let direction: TransferDirection
    package let source: TransferEntry
    package let target: TransferEntry

    package init(_ direction: TransferDirection, source: TransferEntry, target: TransferEntry) {
        self.direction = direction
        self.source = source
        self.target = target
    }

    package func verdict(_ rule: ComparisonRule) -> Verdict {
        guard source.size == target.size else { return .differs("size") }
        switch (rule, direction) {
        case (.size, _): return .same
        case (_, .across) where source.etag != nil && source.etag == target.etag: return .same
        case (.content, .across): return .differs("content")
        case (.content, _): return .compareContent
        case (.sizeAndTime, .up): return .ask(source: false, target: true)
        case (.sizeAndTime, .across): return .ask(source: true, target: true)
        case (.sizeAndTime, .down):
            // A file that came without a time of its own has that of the object, in whole seconds.
            let isOfObject = target.modified?.nanoseconds == 0 && target.modified?.seconds == source.modified?.seconds
            return isOfObject ? .same : .ask(source: true, target: false)
        }
    }

    /// Once the store has told what it knows of the objects that `verdict` named.
    package func verdict(source sourceInfo: ObjectInfo?, target targetInfo: ObjectInfo?) -> Verdict {
        let isSame =
            switch direction {
            case .up: Self.isFrom(source.modified, targetInfo)
            case .down: sourceInfo.map { Self.time(of: $0) == target.modified } ?? false
            case .across: Self.isCopy(sourceInfo, targetInfo)
            }
        return isSame ? .same : .differs("time")
    }

    /// The modification time that a file has which is made of an object: what is stored with it, else when it was stored.
    package static func time(of info: ObjectInfo) -> Timestamp? {
        StoredMetadata(info.metadata, isFolder: false).modified ?? info.lastModified
    }

    /// Whether an object was made of the file as it was at `time`. One without a stored time, of another tool, was if it is newer.
    private static func isFrom(_ time: Timestamp?, _ info: ObjectInfo?) -> Bool {
        guard let time, let info else { return false }
        guard let stored = StoredMetadata(info.metadata, isFolder: false).modified else {
            return info.lastModified.map { time.seconds < $0.seconds } ?? false
        }
        // Other tools store whole seconds.
        return stored == time || stored.nanoseconds == 0 && stored.seconds == time.seconds
    }

    private static func isCopy(_ source: ObjectInfo?, _ target: ObjectInfo?) -> Bool {
        guard let source, let target else { return false }
        let (time, copied) = (StoredMetadata(source.metadata, isFolder: false).modified, StoredMetadata(target.metadata, isFolder: false).modified)
        if time != nil || copied != nil { return time == copied }
        guard let stored = source.lastModified, let later = target.lastModified else { return false }
        return stored.seconds < later.seconds
    }
}
