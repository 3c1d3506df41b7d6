import ArgumentParser
import FileSystemTypes
import Foundation
import Glibc
import ObjectCommands
import ObjectStorage
import RemoteStore
import Threads
import Transfers
import UserFiles

/// Finds out what a command line means, and has it transferred.
struct Transferring {
    let verb: String
    let connection: ConnectionOptions
    let options: TransferOptions
    var isRecursive = false
    var removesSources = false
    var deletes = false
    /// Nil copies everything.
    var rule: ComparisonRule?
    /// A source that has gone does not matter.
    var isCancelling = false

    /// Both sides, and what tells the job from others.
    private struct Meaning {
        var route: TransferRoute
        var single: TransferEntry?
        var source: String
        var target: String
        var endpoints: [String]
    }

    func run(from source: Place, to target: Place) throws {
        if try isStreamed(source, target) { return }
        let watch = try TransferWatch(options.dryRun ? .none : options.progress)
        try job(try meaning(source, target), watch).run()
    }

    func cancel(from source: Place, to target: Place) throws {
        var cancelling = self
        cancelling.isCancelling = true
        let watch = try TransferWatch(.none)
        try job(try cancelling.meaning(source, target), watch).cancel()
    }

    private func job(_ meaning: Meaning, _ watch: TransferWatch) -> TransferJob {
        let facts = [verb, meaning.source, meaning.target] + meaning.endpoints + options.filterFacts
        var plan = TransferPlan(job: JobFolder.number(of: facts), route: meaning.route)
        plan.single = meaning.single
        plan.rule = rule
        plan.filter = options.filter
        plan.deletes = deletes
        plan.removesSources = removesSources
        plan.isDryRun = options.dryRun
        plan.follow = options.follow
        plan.parallel = options.parallel
        plan.partSize = options.partSize.bytes
        let isKept = meaning.single.map { $0.size > min(plan.partSize, TransferPlan.largestInMemory) } ?? true
        return TransferJob(
            plan: plan, options: options, source: meaning.source, target: meaning.target, isKept: isKept, watch: watch,
            plans: options.dryRun ? LineWriter() : nil)
    }

    private func meaning(_ source: Place, _ target: Place) throws -> Meaning {
        switch (source, target) {
        case (.local(let path), .remote(let address)): try up(path, address)
        case (.remote(let address), .local(let path)): try down(address, path)
        case (.remote(let address), .remote(let other)): try across(address, other)
        case (.local, .local): throw Failure("one of both is written as a URL, e.g. s3://bucket/key; on this machine there is cp(1)", code: .usage)
        }
    }

    private var sides: TransferSides { TransferSides(connection: connection, options: options) }

    // MARK: To a bucket

    private func up(_ path: String, _ address: ObjectAddress) throws -> Meaning {
        let facts = try facts(path)
        let full = Self.absolute(path)
        let endpoints = [try connection.endpoint(address.bucket).description]
        guard isRecursive else {
            guard facts?.isFolder != true else { throw Failure("\(path) is a folder; copy it with -r", code: .usage) }
            let name = path.split(separator: "/").last.map(String.init) ?? path
            let key = address.key.isEmpty || address.key.hasSuffix("/") ? address.key + name : address.key
            let modified = try? LocalSystem.facts(LocalPath(full), follow: true).modified
            return Meaning(
                route: try sides.up(LocalPath(full), address, prefix: key),
                single: TransferEntry(path: RelativePath(""), size: facts?.size ?? 0, modified: modified), source: full,
                target: Self.shown(address, key), endpoints: endpoints)
        }
        guard facts?.isFolder != false else { throw Failure("\(path) is no folder", code: .usage) }
        let prefix = BucketAddress.folder(address.key)
        return Meaning(
            route: try sides.up(LocalPath(full), address, prefix: prefix), source: full, target: Self.shown(address, prefix), endpoints: endpoints)
    }

    private func facts(_ path: String) throws -> FileFacts? {
        do throws(Errno) {
            return try FileFacts.at(path)
        } catch {
            guard !isCancelling else { return nil }
            throw Failure("cannot read \(path): \(error)")
        }
    }

    // MARK: From a bucket

    private func down(_ address: ObjectAddress, _ path: String) throws -> Meaning {
        let endpoints = [try connection.endpoint(address.bucket).description]
        guard isRecursive else {
            let key = try address.requiredKey()
            let file = Self.absolute((try Self.file(for: address, path) as NSString).resolvingSymlinksInPath)
            return Meaning(
                route: try sides.down(address, prefix: address.key, LocalPath(file)), single: try entry(address, key),
                source: Self.shown(address, address.key), target: file, endpoints: endpoints)
        }
        let (prefix, full) = (BucketAddress.folder(address.key), Self.absolute(path))
        if let facts = try? FileFacts.at(path), !facts.isFolder { throw Failure("\(path) is no folder", code: .usage) }
        return Meaning(
            route: try sides.down(address, prefix: prefix, LocalPath(full)), source: Self.shown(address, prefix), target: full, endpoints: endpoints)
    }

    /// Which file an object becomes.
    private static func file(for address: ObjectAddress, _ path: String) throws -> String {
        guard path.hasSuffix("/") || (try? FileFacts.at(path))?.isFolder == true else { return path }
        let name = address.key.split(separator: "/").last.map(String.init) ?? ""
        guard !name.isEmpty, RelativePath(name).problem == nil else { throw Failure("\(address.key) is no name of a file", code: .usage) }
        return path.hasSuffix("/") ? path + name : "\(path)/\(name)"
    }

    /// The one object that is to be transferred.
    private func entry(_ address: ObjectAddress, _ key: Key) throws -> TransferEntry {
        if isCancelling { return TransferEntry(path: RelativePath(""), size: 0) }
        let info = try connection.work(address).run(key: key) { (commands) async throws(StoreError) in
            try await commands.objects.store.head(key, ReadConditions())
        }
        return TransferEntry(path: RelativePath(""), size: info.size, etag: info.etag)
    }

    // MARK: From bucket to bucket

    private func across(_ source: ObjectAddress, _ target: ObjectAddress) throws -> Meaning {
        let endpoints = [
            try connection.endpoint(source.bucket).description, try sides.endpoint(ofTarget: target, source: source),
        ]
        let isOnePlace = sides.isOneStore(source, target) && source.bucket.bucket == target.bucket.bucket
        guard isRecursive else {
            let key = try source.requiredKey()
            let name = source.key.split(separator: "/").last.map(String.init) ?? ""
            let targetKey = target.key.isEmpty || target.key.hasSuffix("/") ? target.key + name : target.key
            guard !isOnePlace || source.key != targetKey else { throw Failure("\(source.key) is there already", code: .usage) }
            return Meaning(
                route: try sides.across(source, prefix: source.key, target, prefix: targetKey),
                single: try entry(source, key), source: Self.shown(source, source.key),
                target: Self.shown(target, targetKey), endpoints: endpoints)
        }
        let (from, to) = (BucketAddress.folder(source.key), BucketAddress.folder(target.key))
        guard !isOnePlace || !to.hasPrefix(from) && (rule == nil || !from.hasPrefix(to)) else {
            throw Failure("a folder cannot be copied into itself", code: .usage)
        }
        return Meaning(
            route: try sides.across(source, prefix: from, target, prefix: to), source: Self.shown(source, from), target: Self.shown(target, to),
            endpoints: endpoints)
    }

    // MARK: What is read or written once

    /// Carries out what has no size and cannot be taken up again: standard input and output, pipes, devices.
    private func isStreamed(_ source: Place, _ target: Place) throws -> Bool {
        switch (source, target) {
        case (.local(let path), .remote(let address)) where !isRecursive && (path == "-" || Self.isPipe(path)):
            guard !address.key.isEmpty, !address.key.hasSuffix("/") else {
                throw Failure("name the object that \(path == "-" ? "standard input" : path) becomes", code: .usage)
            }
            if !options.dryRun { try stream(path, address) } else { tell(path, Self.shown(address, address.key)) }
        case (.remote(let address), .local(let path)) where !isRecursive && (path == "-" || Self.isPipe(path)):
            if options.dryRun {
                tell(Self.shown(address, address.key), path)
                return true
            }
            try ObjectReading(address: address, wish: ReadWish(), connection: connection, isVerbose: false).run(to: path == "-" ? nil : path)
            if removesSources { try remove(address) }
        default: return false
        }
        return true
    }

    private func tell(_ source: String, _ target: String) {
        Terminal.say("would \(removesSources ? "move" : "copy")  \(source)  \(target)")
    }

    private func stream(_ path: String, _ address: ObjectAddress) throws {
        let work = try connection.work(address)
        let executor = try BlockingExecutor.ofCommand()
        defer { executor.stop() }
        var wish = WriteWish()
        wish.attributes.contentType = ContentTypes.ofPath(path)
        try ObjectUploading(source: try ObjectContentSource(path: path, on: executor), wish: wish).run(Key(address.key), work)
    }

    private func remove(_ address: ObjectAddress) throws {
        let key = Key(address.key)
        _ = try connection.work(address).run(key: key) { (commands) async throws(StoreError) in try await commands.delete(VersionedKey(key)) }
    }

    private static func isPipe(_ path: String) -> Bool {
        guard let facts = try? FileFacts.at(path) else { return false }
        return !facts.isFolder && !facts.isPlainFile
    }

    // MARK: Words

    private static func shown(_ address: ObjectAddress, _ key: String) -> String {
        "\(address.bucket.scheme?.rawValue ?? "s3")://\(address.bucket.bucket)/\(key)"
    }

    /// So that the same command in another folder is another job.
    private static func absolute(_ path: String) -> String {
        let full = path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
        return full.count > 1 && full.hasSuffix("/") ? String(full.dropLast()) : full
    }
}
