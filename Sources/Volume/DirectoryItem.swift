internal import FileSystemTypes

/// One name that reading a directory gives.
struct DirectoryItem: Hashable, Sendable {
    let name: FileName
    /// Of what the store has: a folder or an object, shown as `regular`.
    let kind: FileKind
    /// An object so small that it may be a symbolic link or a special file: only its metadata tell.
    let mayBeSpecial: Bool

    init(name: FileName, kind: FileKind, mayBeSpecial: Bool = false) {
        self.name = name
        self.kind = kind
        self.mayBeSpecial = mayBeSpecial
    }
}
