import ArgumentParser
import FileSystemTypes
import Glibc
import ObjectCommands
import ObjectStorage
import RemoteStore
import Threads

/// `windlass cp`: from this machine to a bucket, back, or within a store.
struct CpCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cp", abstract: "Copies files and objects: up, down, within a store.",
        discussion: "One of both sides is a URL: s3://BUCKET/KEY, obs://, cos:// or oos://. - is standard input or output.")
    @Argument(help: "What is copied.") var source: Place
    @Argument(help: "Where to; what ends in a slash takes the name from the source.") var target: Place
    @Flag(name: .shortAndLong, help: "A folder, or all that begins with a prefix.") var recursive = false
    @Flag(help: "Say what would be copied, and copy nothing.") var dryRun = false
    @OptionGroup var connection: ConnectionOptions

    func run() throws {
        _ = try PlaceCopying(connection: connection, isRecursive: recursive, isDryRun: dryRun).copy(source, to: target)
    }
}

/// `windlass mv`: as `cp`, and what has been copied is deleted.
struct MvCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "mv", abstract: "As cp; deletes each source once its copy is there.")
    @Argument(help: "What is moved.") var source: Place
    @Argument(help: "Where to; what ends in a slash takes the name from the source.") var target: Place
    @Flag(name: .shortAndLong, help: "A folder, or all that begins with a prefix.") var recursive = false
    @Flag(help: "Say what would be moved, and move nothing.") var dryRun = false
    @OptionGroup var connection: ConnectionOptions

    func run() throws {
        _ = try PlaceCopying(connection: connection, isRecursive: recursive, isDryRun: dryRun, removesSources: true).copy(source, to: target)
    }
}

/// Copies between places, one after the other; large files in parts.
struct PlaceCopying {
    let connection: ConnectionOptions
    let isRecursive: Bool
    let isDryRun: Bool
    var removesSources = false

    func copy(_ source: Place, to target: Place) throws {
        switch (source, target) {
        case (.local(let path), .remote(let address)): try up(path, address)
        case (.remote(let address), .local(let path)): try down(address, path)
        case (.remote(let address), .remote(let other)): try across(address, other)
        case (.local, .local): throw Failure("one of both is written as a URL, e.g. s3://bucket/key; on this machine there is cp(1)", code: .usage)
        }
    }

    // MARK: To a bucket

    private func up(_ path: String, _ address: ObjectAddress) throws {
        guard isRecursive else {
            guard path == "-" || !LocalFolder.isFolder(path) else { throw Failure("\(path) is a folder; copy it with -r", code: .usage) }
            let name = path.split(separator: "/").last.map(String.init) ?? path
            let key = address.key.isEmpty || address.key.hasSuffix("/") ? address.key + name : address.key
            guard path != "-" || key == address.key else { throw Failure("name the object that standard input becomes", code: .usage) }
            return try up(path, key: key, address)
        }
        guard LocalFolder.isFolder(path) else { throw Failure("\(path) is no folder", code: .usage) }
        for file in try LocalFolder.files(below: path) { try up("\(path)/\(file)", key: BucketAddress.folder(address.key) + file, address) }
    }

    private func up(_ path: String, key: String, _ address: ObjectAddress) throws {
        if tells(path, "\(address.bucket.bucket)/\(key)") { return }
        let work = try connection.work(address)
        let executor = try BlockingExecutor.ofCommand()
        defer { executor.stop() }
        let source = try ObjectContentSource(path: path, on: executor)
        var wish = WriteWish()
        wish.attributes.contentType = ContentTypes.ofPath(path)
        try ObjectUploading(source: source, wish: wish).run(Key(key), work)
        guard removesSources, path != "-" else { return }
        guard unsafe unlink(path) == 0 else { throw Failure("cannot delete \(path): \(Errno.current)") }
    }

    // MARK: From a bucket

    private func down(_ address: ObjectAddress, _ path: String) throws {
        guard isRecursive else {
            let name = address.key.split(separator: "/").last.map(String.init) ?? ""
            let isInto = path.hasSuffix("/") || LocalFolder.isFolder(path)
            guard !isInto || LocalFolder.path(name, below: path) != nil else { throw Failure("\(address.key) is no name of a file", code: .usage) }
            let trimmed = path.hasSuffix("/") ? String(path.dropLast()) : path
            return try down(address, file: isInto ? "\(trimmed)/\(name)" : path)
        }
        let prefix = BucketAddress.folder(address.key)
        for key in try keys(below: prefix, address) where !key.hasSuffix("/") {
            guard let file = LocalFolder.path(String(key.dropFirst(prefix.count)), below: path) else {
                throw Failure("\(key) is no name of a file below \(path); copy it by itself")
            }
            try down(ObjectAddress(address.bucket, key: key), file: file)
        }
    }

    private func down(_ address: ObjectAddress, file: String) throws {
        if tells("\(address.bucket.bucket)/\(address.key)", file) { return }
        if file != "-" { try LocalFolder.makeParents(of: file) }
        try ObjectReading(address: address, wish: ReadWish(), connection: connection, isVerbose: false).run(to: file == "-" ? nil : file)
        if removesSources { try remove(address) }
    }

    // MARK: Within a store

    private func across(_ source: ObjectAddress, _ target: ObjectAddress) throws {
        guard isRecursive else { return try across(source, one: target) }
        let (from, to) = (BucketAddress.folder(source.key), BucketAddress.folder(target.key))
        guard source.bucket.bucket != target.bucket.bucket || !to.hasPrefix(from) else {
            throw Failure("a folder cannot be copied into itself", code: .usage)
        }
        for key in try keys(below: from, source) {
            try across(ObjectAddress(source.bucket, key: key), one: ObjectAddress(target.bucket, key: to + key.dropFirst(from.count)))
        }
    }

    private func across(_ source: ObjectAddress, one target: ObjectAddress) throws {
        let copying = ObjectCopying(source: source, target: target, connection: connection)
        guard source.bucket.bucket != target.bucket.bucket || source.key != copying.targetKey else {
            throw Failure("\(source.key) is there already", code: .usage)
        }
        if tells("\(source.bucket.bucket)/\(source.key)", "\(target.bucket.bucket)/\(copying.targetKey)") { return }
        _ = try copying.run(CopyWish())
        if removesSources { try remove(source) }
    }

    // MARK: Common

    private func keys(below prefix: String, _ address: ObjectAddress) throws -> [String] {
        try connection.work(address).run { (commands) async throws(StoreError) in
            var keys: [String] = []
            var pager = ListPager(commands.objects.store, ListRequest(prefix: Key(prefix)))
            while let page = try await pager.next() { keys += page.objects.map(\.key.description) }
            return keys
        }
    }

    private func remove(_ address: ObjectAddress) throws {
        let key = Key(address.key)
        _ = try connection.work(address).run(key: key) { (commands) async throws(StoreError) in try await commands.delete(VersionedKey(key)) }
    }

    /// Whether telling is all there is to do.
    private func tells(_ source: String, _ target: String) -> Bool {
        if isDryRun { Terminal.say("would \(removesSources ? "move" : "copy")  \(source)  \(target)") }
        return isDryRun
    }
}
