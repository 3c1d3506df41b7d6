internal import FileSystemTypes

/// Names of which the store has just said that they are not there: bounded, and believed as long as the kernel may believe it.
///
/// Who makes a file looks its name up first, and the call that makes it does so again.
struct KnownAbsences: Sendable {
    static let most = 1024
    private var names: [Inode: [FileName: ContinuousClock.Instant]] = [:]
    private var count = 0

    mutating func note(_ name: FileName, in parent: Inode, until: ContinuousClock.Instant) {
        if count >= Self.most { self = KnownAbsences() }
        if names[parent, default: [:]].updateValue(until, forKey: name) == nil { count += 1 }
    }

    /// The name is there now.
    mutating func forget(_ name: FileName, in parent: Inode) {
        if names[parent]?.removeValue(forKey: name) != nil { count -= 1 }
    }

    /// The number of the folder may be another one's soon.
    mutating func forgetAll(in parent: Inode) {
        count -= names.removeValue(forKey: parent)?.count ?? 0
    }

    func contains(_ name: FileName, in parent: Inode, _ now: ContinuousClock.Instant) -> Bool {
        names[parent]?[name].map { now < $0 } ?? false
    }
}
