internal import FileSystemTypes
internal import PosixMetadata
internal import Synchronization

/// One opendir(3).
///
/// rewinddir(3) begins a new listing. The one before is kept: seekdir(3) to the beginning looks the same here, and what telldir(3) gave before that
/// is still to lead back to where it was.
final class DirectoryHandle: Sendable {
    /// Where reading goes on: in which pass, and after how many of its names, `.` and `..` among them.
    struct Position: Hashable, Sendable {
        var pass: UInt64
        var index: Int

        private static let indexBits: UInt64 = 40

        init(pass: UInt64, index: Int) {
            self.pass = pass
            self.index = index
        }

        init(cookie: UInt64) {
            pass = cookie >> Self.indexBits
            index = Int(cookie & (1 << Self.indexBits - 1))
        }

        var cookie: UInt64 { pass << Self.indexBits | UInt64(index) }
    }

    private struct State {
        var listings: [UInt64: DirectoryListing] = [:]
        var passes: UInt64 = 0
    }

    /// How many passes are kept.
    private static let mostPasses: UInt64 = 2

    let inode: Inode
    let folder: FolderKey
    /// Whoever opened it has just gone through another folder and wanted the attributes of what is in it.
    let isWalked: Bool
    /// The same of whoever has read the files of another folder.
    let isRead: Bool
    let gate = SerialGate()
    private let state = Mutex(State())

    init(inode: Inode, folder: FolderKey, isWalked: Bool, isRead: Bool) {
        self.inode = inode
        self.isWalked = isWalked
        self.isRead = isRead
        self.folder = folder
    }

    /// Begins a new pass; gives its number, and the pass that nobody can go back to any more.
    func begin(_ listing: DirectoryListing) -> (pass: UInt64, ended: DirectoryListing?) {
        state.withLock { state in
            defer { state.passes += 1 }
            state.listings[state.passes] = listing
            let old = state.passes >= Self.mostPasses ? state.listings.removeValue(forKey: state.passes - Self.mostPasses) : nil
            return (state.passes, old)
        }
    }

    /// The pass of that number, or the last one for what is too old; nil before the first.
    func listing(of pass: inout UInt64) -> DirectoryListing? {
        let (number, listing) = state.withLock { state in
            let number = state.listings[pass] == nil ? state.passes &- 1 : pass
            return (number, state.listings[number])
        }
        pass = number
        return listing
    }

    /// Of all passes.
    var listings: [DirectoryListing] { state.withLock { Array($0.listings.values) } }
}
