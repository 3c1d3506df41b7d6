internal import FileSystemTypes

/// What the kernel has open.
struct HandleTable: Sendable {
    private var last: UInt64 = 0
    private var files: [Handle: FileHandle] = [:]
    private var directories: [Handle: DirectoryHandle] = [:]

    var isEmpty: Bool { files.isEmpty && directories.isEmpty }

    /// The open files, each as often as it is open.
    var openFiles: [OpenFile] { files.values.map(\.file) }

    func file(_ handle: Handle) -> FileHandle? { files[handle] }

    func directory(_ handle: Handle) -> DirectoryHandle? { directories[handle] }

    func handles(of file: OpenFile) -> [FileHandle] {
        files.values.filter { $0.file === file }
    }

    mutating func add(_ file: FileHandle) -> Handle {
        last += 1
        files[Handle(last)] = file
        return Handle(last)
    }

    mutating func add(_ directory: DirectoryHandle) -> Handle {
        last += 1
        directories[Handle(last)] = directory
        return Handle(last)
    }

    mutating func removeFile(_ handle: Handle) -> FileHandle? {
        files.removeValue(forKey: handle)
    }

    mutating func removeDirectory(_ handle: Handle) -> DirectoryHandle? {
        directories.removeValue(forKey: handle)
    }
}
