import ArgumentParser
import BucketAdministration
import FileSystemTypes
import ObjectCommands
import ObjectStorage
import RemoteStore

/// `windlass ls`: as `ls` shows a folder.
struct LsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "ls", abstract: "Lists buckets, or what is in a folder of one.")
    @Argument(help: ArgumentHelp("The folder, e.g. s3://bucket/folder/; without it all buckets.", valueName: "url")) var address: ObjectAddress?
    @Flag(name: .shortAndLong, help: "Everything below it.") var recursive = false
    @OptionGroup var connection: ConnectionOptions

    func run() throws {
        guard let address else {
            for bucket in try connection.buckets() { Terminal.say(bucket.name.text) }
            return
        }
        let request = ListRequest(prefix: Key(address.key), delimiter: recursive ? nil : "/")
        try connection.work(address).run { (commands) async throws(StoreError) in
            var pager = ListPager(commands.objects.store, request)
            while let page = try await pager.next() {
                for line in ObjectListCommand.lines(page, json: false) { Terminal.say(line) }
            }
        }
    }
}

/// `windlass rm`.
struct RmCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "rm", abstract: "Deletes objects; with -r all that begins so.")
    @Argument(help: ArgumentHelp("The objects.", valueName: "url")) var addresses: [ObjectAddress]
    @Flag(name: .shortAndLong, help: "Everything whose key begins so.") var recursive = false
    @Flag(help: "Say what would be deleted, and delete nothing.") var dryRun = false
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard recursive || addresses.allSatisfy({ !$0.key.isEmpty }) else {
            throw ValidationError("name an object: s3://bucket/key; everything in a bucket: -r")
        }
    }

    func run() throws {
        let deleting = ObjectDeleting(isVerbose: false, isDryRun: dryRun)
        var failed = 0
        for address in addresses {
            let (key, recursive) = (Key(address.key), recursive)
            failed += try connection.work(address).run(key: key) { (commands) async throws(StoreError) in
                if recursive { return try await deleting.deleteAll(below: key, allVersions: false, commands) }
                return try await deleting.delete([VersionedKey(key)], commands)
            }
        }
        guard failed == 0 else { throw Failure("\(failed) of them could not be deleted") }
    }
}

/// `windlass du`.
struct DuCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "du", abstract: "Tells how much is below a prefix.")
    @Argument(help: ArgumentHelp("The prefix.", valueName: "url")) var address: ObjectAddress
    @Flag(help: "Each folder in it by itself, too.") var folders = false
    @OptionGroup var connection: ConnectionOptions

    func run() throws {
        let prefix = Key(address.key)
        let sums = try connection.work(address).run { (commands) async throws(StoreError) in
            var sums = SizeSums(prefix: prefix)
            var pager = ListPager(commands.objects.store, ListRequest(prefix: prefix))
            while let page = try await pager.next() {
                for object in page.objects { sums.add(object) }
            }
            return sums
        }
        if folders {
            for (name, sum) in sums.folders.sorted(by: { $0.key < $1.key }) { Terminal.say(Self.row(sum, ObjectListCommand.shown(name))) }
        }
        Terminal.say(Self.row(sums.all, ObjectListCommand.shown(prefix)))
    }

    private static func row(_ sum: SizeSums.Sum, _ name: String) -> String { "\(sum.bytes)\t\(sum.objects)\t\(name)" }
}

/// How much there is below a prefix, in all and in each folder right below it.
struct SizeSums: Sendable {
    struct Sum: Hashable, Sendable {
        var bytes: Int64 = 0
        var objects = 0

        mutating func add(_ size: Int64) {
            bytes += size
            objects += 1
        }
    }

    private let prefix: Key
    private(set) var all = Sum()
    private(set) var folders: [Key: Sum] = [:]

    init(prefix: Key) {
        self.prefix = prefix
    }

    mutating func add(_ object: ListedObject) {
        all.add(object.size)
        let rest = object.key.bytes.dropFirst(prefix.bytes.count)
        guard let slash = rest.firstIndex(of: UInt8(ascii: "/")) else { return }
        folders[Key(Array(object.key.bytes[...slash])), default: Sum()].add(object.size)
    }
}
