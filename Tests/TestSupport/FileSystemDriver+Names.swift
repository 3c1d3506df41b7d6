import FileSystemTypes

extension FileSystemDriver {
    func create(_ path: TreePath) async throws(Errno) {
        let (name, parent) = try await place(path)
        guard try await find(name, in: parent) == nil else { throw .exists }
        let options = OpenOptions(mode: .writeOnly, exclusive: true)
        let made = try await fileSystem.create(name, in: parent, permissions: 0o644, options: options, for: caller)
        hold(made.entry.inode)
        try await finish(made.opened.handle)
    }

    func makeDirectory(_ path: TreePath) async throws(Errno) {
        let (name, parent) = try await place(path)
        guard try await find(name, in: parent) == nil else { throw .exists }
        hold(try await fileSystem.makeDirectory(name, in: parent, permissions: 0o755, for: caller).inode)
    }

    func removeDirectory(_ path: TreePath) async throws(Errno) {
        let (name, parent) = try await place(path)
        guard try await existing(name, in: parent).attributes.kind == .directory else { throw .notDirectory }
        try await fileSystem.removeDirectory(name, in: parent, for: caller)
    }

    func unlink(_ path: TreePath) async throws(Errno) {
        let (name, parent) = try await place(path)
        guard try await existing(name, in: parent).attributes.kind != .directory else { throw .isDirectory }
        try await fileSystem.unlink(name, in: parent, for: caller)
    }

    func rename(_ path: TreePath, to target: TreePath) async throws(Errno) {
        let (name, parent) = try await place(path)
        let (newName, newParent) = try await place(target)
        let source = try await existing(name, in: parent)
        let victim = try await find(newName, in: newParent)
        if path == target { return }
        if path.contains(target) { throw .invalidArgument }
        if target.contains(path) { throw .notEmpty }
        if let victim {
            let pair = (source.attributes.kind == .directory, victim.attributes.kind == .directory)
            if pair == (true, false) { throw .notDirectory }
            if pair == (false, true) { throw .isDirectory }
        }
        try await fileSystem.rename(name, in: parent, to: newName, in: newParent, mode: .replace, for: caller)
    }

    func list(_ path: TreePath) async throws(Errno) -> [FileName: FileKind] {
        let (inode, kind) = try await resolve(path)
        guard kind == .directory else { throw .notDirectory }
        let handle = try await fileSystem.openDirectory(inode, for: caller).handle
        do {
            let names = try await entries(of: handle)
            await fileSystem.releaseDirectory(handle)
            return names
        } catch {
            await fileSystem.releaseDirectory(handle)
            throw error
        }
    }

    /// What a listing cannot tell is a file: no operation makes anything else. A few at a time, so that reading on from a cookie is part of every listing.
    func entries(of handle: Handle) async throws(Errno) -> [FileName: FileKind] {
        var names: [FileName: FileKind] = [:]
        var cookie: UInt64 = 0
        while true {
            let page = try await fileSystem.readDirectoryPlus(handle, after: cookie, limit: 3)
            guard let last = page.last else { return names }
            guard last.listed.cookie != cookie, last.listed.cookie != 0 else { throw .inputOutput }
            cookie = last.listed.cookie
            for item in page {
                if let entry = item.entry { hold(entry.inode) }
                guard let name = FileName(item.listed.name) else { continue }
                guard names.updateValue(item.listed.kind ?? .regular, forKey: name) == nil else { throw .exists }
            }
        }
    }

    func stat(_ path: TreePath) async throws(Errno) -> Outcome {
        let (inode, _) = try await resolve(path)
        let attributes = try await fileSystem.attributes(of: inode, handle: nil).attributes
        guard attributes.inode == inode else { throw .inputOutput }
        return .status(kind: attributes.kind, size: attributes.kind == .directory ? nil : attributes.size)
    }
}
