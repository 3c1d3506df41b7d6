import ArgumentParser
import BucketAdministration
import FileSystemTypes
import ObjectCommands
import ObjectStorage
import RemoteStore

/// How an object is copied.
struct CopyOptions: ParsableArguments {
    enum Directive: String, ExpressibleByArgument, CaseIterable {
        case copy, replace
    }

    @Option(
        help: "Whether the copy has the attributes of its source, or those that are given: copy or replace. Default: replace where any are given.")
    var metadataDirective: Directive?
    @Option(help: "The same of tags.") var taggingDirective: Directive?
    @OptionGroup var conditions: VersionOptions
    @OptionGroup var options: ObjectWriteOptions
    @Option(help: ArgumentHelp("Copy larger ones in parts of this size. Default: beyond 5G.", valueName: "size")) var partSize: ByteCount?

    var wish: CopyWish {
        var wish = CopyWish()
        wish.version = conditions.versionId
        wish.ifMatch = conditions.ifMatch
        wish.ifNoneMatch = conditions.ifNoneMatch
        wish.ifModifiedSince = conditions.ifModifiedSince
        wish.ifUnmodifiedSince = conditions.ifUnmodifiedSince
        wish.replacesAttributes = metadataDirective.map { $0 == .replace } ?? !options.isEmpty
        wish.replacesTags = taggingDirective.map { $0 == .replace } ?? !options.tags.isEmpty
        wish.target = options.wish
        wish.partSize = partSize?.bytes
        return wish
    }

    func validate() throws {
        guard metadataDirective != .copy || options.isEmpty else { throw ValidationError("--metadata-directive copy goes with no attributes") }
    }
}

struct ObjectCopyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "copy", abstract: "Copies an object within the store, also to another bucket.")
    @Argument(help: "The object.") var source: ObjectAddress
    @Argument(help: "The copy; where its key is empty or ends in a slash, the last part of the source's goes after it.") var target: ObjectAddress
    @OptionGroup var options: CopyOptions
    @Flag(help: "Print what the store answered as JSON.") var json = false
    @OptionGroup var connection: ConnectionOptions

    func run() throws {
        let receipt = try ObjectCopying(source: source, target: target, connection: connection).run(options.wish)
        if json { Terminal.say(receipt.json.text) }
    }
}

struct ObjectMoveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "move", abstract: "Copies an object within the store, and deletes the source once the copy is there.")
    @Argument(help: "The object.") var source: ObjectAddress
    @Argument(help: "Its new place.") var target: ObjectAddress
    @OptionGroup var options: CopyOptions
    @OptionGroup var connection: ConnectionOptions

    func run() throws {
        let copying = ObjectCopying(source: source, target: target, connection: connection)
        guard source.bucket.bucket != target.bucket.bucket || source.key != copying.targetKey else {
            throw Failure("the object is there already", code: .usage)
        }
        _ = try copying.run(options.wish)
        let key = try source.requiredKey()
        let version = options.conditions.versionId
        _ = try connection.work(source).run(key: key) { (commands) async throws(StoreError) in
            try await commands.delete(VersionedKey(key, version: version))
        }
    }
}

/// A copy from one bucket of a store to another of the same.
struct ObjectCopying {
    let source: ObjectAddress
    let target: ObjectAddress
    let connection: ConnectionOptions

    var targetKey: String {
        guard target.key.isEmpty || target.key.hasSuffix("/") else { return target.key }
        return target.key + (source.key.split(separator: "/").last ?? "")
    }

    func run(_ wish: CopyWish) throws -> WriteReceipt {
        let key = try source.requiredKey()
        let schemes = Set([source.bucket.scheme, target.bucket.scheme].compactMap(\.self))
        guard schemes.count <= 1 else { throw Failure("a store copies its own objects only; between stores: windlass cp", code: .usage) }
        let work = try connection.work(target.bucket.scheme == nil ? source : target)
        let (bucket, place, targetKey) = (source.bucket.bucket, target.bucket.bucket, Key(targetKey))
        return try work.run(key: key) { (commands) async throws(StoreError) in
            let objects = commands.objects
            return try await ObjectCommands(objects.other(place)).copy(key, of: objects.other(bucket), to: targetKey, wish)
        }
    }
}
