import FileSystemTypes

/// What a mounted bucket should look like: a small model of a file tree, and the one definition of correct that drivers are held against.
///
/// Errors come in the order in which Linux finds them (path_resolution(7), rename(2)).
package struct ReferenceModel: Hashable, Sendable {
    private indirect enum Node: Hashable, Sendable {
        case file([UInt8])
        case folder(Folder)
    }

    private struct Folder: Hashable, Sendable {
        /// There is a key `path/`, so that the folder stays when its last child goes.
        var isMarked: Bool
        var children: [FileName: Node] = [:]
    }

    private var root = Folder(isMarked: true)

    package init() {}

    package var snapshot: TreeSnapshot {
        var nodes: [TreePath: TreeSnapshot.Node] = [:]
        collect(root, at: TreePath(), into: &nodes)
        return TreeSnapshot(nodes)
    }

    /// Carries out `operation` and says what should come of it.
    package mutating func apply(_ operation: Operation) -> Outcome {
        do {
            return try perform(operation)
        } catch {
            return .failed(error)
        }
    }

    private mutating func perform(_ operation: Operation) throws(Errno) -> Outcome {
        switch operation {
        case .create(let path): try create(path)
        case .overwrite(let path, let payload): try overwrite(path, payload.bytes)
        case .write(let path, let offset, let payload): try edit(path) { $0.overlay(payload.bytes, at: Int(offset)) }
        case .append(let path, let payload): try edit(path) { $0.append(contentsOf: payload.bytes) }
        case .truncate(let path, let size): try edit(path) { $0.resize(to: Int(size)) }
        case .read(let path, let offset, let count): return .bytes(try read(path, at: Int(offset), count: count))
        case .makeDirectory(let path): try makeDirectory(path)
        case .removeDirectory(let path): try removeDirectory(path)
        case .unlink(let path): try unlink(path)
        case .rename(let path, let target): try rename(path, to: target)
        case .list(let path): return .names(try list(path))
        case .stat(let path): return status(try node(path))
        case .remotePut(let path, let payload): return remotePut(path, payload.bytes)
        case .remotePutFolder(let path): return remotePutFolder(path)
        case .remoteDelete(let path): return remoteDelete(path)
        }
        return .done
    }
}

// MARK: What programs do

extension ReferenceModel {
    private mutating func create(_ path: TreePath) throws(Errno) {
        let (name, folder) = try place(path)
        guard try child(name, of: folder) == nil else { throw .exists }
        set(.file([]), at: path)
    }

    private mutating func overwrite(_ path: TreePath, _ bytes: [UInt8]) throws(Errno) {
        let (name, folder) = try place(path)
        if case .folder = try child(name, of: folder) { throw .isDirectory }
        set(.file(bytes), at: path)
    }

    private mutating func edit(_ path: TreePath, _ body: (inout [UInt8]) -> Void) throws(Errno) {
        var bytes = try file(path)
        body(&bytes)
        set(.file(bytes), at: path)
    }

    private func read(_ path: TreePath, at offset: Int, count: Int) throws(Errno) -> [UInt8] {
        Array(try file(path).dropFirst(offset).prefix(count))
    }

    private mutating func makeDirectory(_ path: TreePath) throws(Errno) {
        let (name, folder) = try place(path)
        guard try child(name, of: folder) == nil else { throw .exists }
        set(.folder(Folder(isMarked: true)), at: path)
    }

    private mutating func removeDirectory(_ path: TreePath) throws(Errno) {
        guard case .folder(let folder) = try node(path) else { throw .notDirectory }
        guard folder.children.isEmpty else { throw .notEmpty }
        remove(path)
    }

    private mutating func unlink(_ path: TreePath) throws(Errno) {
        _ = try file(path)
        remove(path)
    }

    private func list(_ path: TreePath) throws(Errno) -> [FileName: FileKind] {
        guard case .folder(let folder) = try node(path) else { throw .notDirectory }
        return folder.children.mapValues { kind($0) }
    }

    private mutating func rename(_ path: TreePath, to target: TreePath) throws(Errno) {
        let (name, folder) = try place(path)
        let (newName, newFolder) = try place(target)
        guard let node = try child(name, of: folder) else { throw .noSuchFile }
        let victim = try child(newName, of: newFolder)
        if path.contains(target), path != target { throw .invalidArgument }
        if target.contains(path), path != target { throw .notEmpty }
        if path == target { return }
        if let victim { try check(node, replaces: victim) }
        remove(path)
        set(node, at: target)
    }

    private func check(_ node: Node, replaces victim: Node) throws(Errno) {
        switch (node, victim) {
        case (.folder, .file): throw .notDirectory
        case (.file, .folder): throw .isDirectory
        case (.folder, .folder(let old)) where !old.children.isEmpty: throw .notEmpty
        default: return
        }
    }
}

// MARK: What other clients do

extension ReferenceModel {
    private mutating func remotePut(_ path: TreePath, _ bytes: [UInt8]) -> Outcome {
        guard mayHold(path) else { return .notApplicable }
        if case .folder = try? node(path) { return .notApplicable }
        set(.file(bytes), at: path)
        return .done
    }

    private mutating func remotePutFolder(_ path: TreePath) -> Outcome {
        guard mayHold(path) else { return .notApplicable }
        switch try? node(path) {
        case .file: return .notApplicable
        case .folder(var folder):
            folder.isMarked = true
            set(.folder(folder), at: path)
        case nil: set(.folder(Folder(isMarked: true)), at: path)
        }
        return .done
    }

    private mutating func remoteDelete(_ path: TreePath) -> Outcome {
        guard !path.isRoot, let found = try? node(path) else { return .notApplicable }
        if case .folder(var folder) = found, !folder.children.isEmpty {
            folder.isMarked = false
            set(.folder(folder), at: path)
        } else {
            drop(path)
        }
        return .done
    }

    /// False for names that the kernel cannot pass on. True when no part of the way to `path` is a file: the folders missing there come into being without markers.
    private func mayHold(_ path: TreePath) -> Bool {
        guard !path.isRoot, path.names.allSatisfy({ $0.bytes.count <= FileName.maximumBytes }) else { return false }
        return (0..<path.names.count).allSatisfy { length in
            if case .file = try? node(TreePath(Array(path.names.prefix(length)))) { return false }
            return true
        }
    }

    /// Takes the node away, and with it each folder above it that exists through it alone.
    private mutating func drop(_ path: TreePath) {
        ReferenceModel.change(&root, path.parent.names[...]) { folder in
            if let name = path.name { folder.children[name] = nil }
        }
        let parent = path.parent
        guard !parent.isRoot, case .folder(let folder) = try? node(parent), folder.children.isEmpty, !folder.isMarked else { return }
        drop(parent)
    }
}

// MARK: The tree

extension ReferenceModel {
    private func node(_ path: TreePath) throws(Errno) -> Node {
        var node = Node.folder(root)
        for name in path.names {
            guard case .folder(let folder) = node else { throw .notDirectory }
            guard let child = try child(name, of: folder) else { throw .noSuchFile }
            node = child
        }
        return node
    }

    private func child(_ name: FileName, of folder: Folder) throws(Errno) -> Node? {
        guard name.bytes.count <= FileName.maximumBytes else { throw .nameTooLong }
        return folder.children[name]
    }

    private func file(_ path: TreePath) throws(Errno) -> [UInt8] {
        guard case .file(let bytes) = try node(path) else { throw .isDirectory }
        return bytes
    }

    /// The folder that holds, or would hold, `path`.
    private func place(_ path: TreePath) throws(Errno) -> (FileName, Folder) {
        guard let name = path.name else { throw .busy }
        guard case .folder(let folder) = try node(path.parent) else { throw .notDirectory }
        return (name, folder)
    }

    private mutating func set(_ node: Node, at path: TreePath) {
        ReferenceModel.change(&root, path.parent.names[...]) { folder in
            if let name = path.name { folder.children[name] = node }
        }
    }

    /// As a program removes: a folder does not vanish with its last child.
    private mutating func remove(_ path: TreePath) {
        ReferenceModel.change(&root, path.parent.names[...]) { folder in
            if let name = path.name { folder.children[name] = nil }
            if folder.children.isEmpty { folder.isMarked = true }
        }
    }

    /// Changes the folder that `names` leads to; makes the folders missing on the way.
    private static func change(_ folder: inout Folder, _ names: ArraySlice<FileName>, _ body: (inout Folder) -> Void) {
        guard let first = names.first else { return body(&folder) }
        var child = Folder(isMarked: false)
        if case .folder(let existing) = folder.children[first] { child = existing }
        change(&child, names.dropFirst(), body)
        folder.children[first] = .folder(child)
    }

    private func kind(_ node: Node) -> FileKind {
        if case .folder = node { .directory } else { .regular }
    }

    private func status(_ node: Node) -> Outcome {
        switch node {
        case .file(let bytes): .status(kind: .regular, size: Int64(bytes.count))
        case .folder: .status(kind: .directory, size: nil)
        }
    }

    private func collect(_ folder: Folder, at path: TreePath, into nodes: inout [TreePath: TreeSnapshot.Node]) {
        for (name, child) in folder.children {
            let childPath = path.appending(name)
            switch child {
            case .file(let bytes): nodes[childPath] = .file(bytes)
            case .folder(let inner):
                nodes[childPath] = .folder
                collect(inner, at: childPath, into: &nodes)
            }
        }
    }
}

extension [UInt8] {
    /// As pwrite(2): a gap becomes zeros, and nothing written changes nothing.
    fileprivate mutating func overlay(_ bytes: [UInt8], at offset: Int) {
        guard !bytes.isEmpty else { return }
        if count < offset + bytes.count { resize(to: offset + bytes.count) }
        replaceSubrange(offset..<offset + bytes.count, with: bytes)
    }

    fileprivate mutating func resize(to size: Int) {
        if size < count { removeLast(count - size) } else { append(contentsOf: repeatElement(0, count: size - count)) }
    }
}
