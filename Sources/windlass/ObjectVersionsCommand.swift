import ArgumentParser
import BucketAdministration
import ObjectCommands
import ObjectStorage
import RemoteStore

struct ObjectVersionsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "versions", abstract: "Lists, fetches, restores and deletes versions of objects.",
        discussion:
            "A version is fetched with 'object get', copied with 'object copy' and its list changed with 'object acl', each with --version-id.",
        subcommands: [List.self, Get.self, Restore.self, Delete.self, Undelete.self])

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "list", abstract: "Lists them, of each key the latest first.")
        @Argument(help: "The bucket, perhaps with the beginning of keys.") var address: ObjectAddress
        @Option(help: ArgumentHelp("Show what shares its name up to this text once.", valueName: "text")) var delimiter: String?
        @Option(help: ArgumentHelp("Only what comes after this key.", valueName: "key")) var startAfter: String?
        @Option(help: ArgumentHelp("With --start-after: from this version of that key on.", valueName: "id")) var startVersion: String?
        @Flag(help: "A JSON object a line.") var json = false
        @OptionGroup var connection: ConnectionOptions

        func validate() throws {
            guard startVersion == nil || startAfter != nil else { throw ValidationError("--start-version goes with --start-after") }
        }

        func run() throws {
            var query = VersionQuery()
            query.prefix = Key(address.key)
            query.delimiter = delimiter
            query.keyMarker = startAfter.map { Key($0) }
            query.versionMarker = startVersion
            let (first, json) = (query, json)
            try connection.work(address).run { (commands) async throws(StoreError) in
                var next: VersionQuery? = first
                while let wanted = next {
                    let page = try await commands.versions(wanted)
                    for version in page.versions { Terminal.say(json ? Self.json(version).oneLine : Self.row(version)) }
                    for prefix in page.prefixes {
                        Terminal.say(json ? JSONValue.object([JSONMember("Prefix", .string("\(prefix)"))]).oneLine : ObjectListCommand.shown(prefix))
                    }
                    next = page.next
                }
            }
        }

        private static func row(_ version: ListedVersion) -> String {
            let kind = version.isDeleteMarker ? "deleted" : String(version.size)
            let columns = [(version.version, 34), (version.isLatest ? "latest" : "", 6), (kind, 12), (version.lastModified ?? "-", 24)]
            return columns.map { ObjectListCommand.pad($0.0, $0.1) }.joined(separator: "  ") + "  " + ObjectListCommand.shown(version.key)
        }

        private static func json(_ version: ListedVersion) -> JSONValue {
            .object([
                JSONMember("Key", .string("\(version.key)")), JSONMember("VersionId", .string(version.version)),
                JSONMember("IsLatest", .boolean(version.isLatest)), JSONMember("DeleteMarker", .boolean(version.isDeleteMarker)),
                JSONMember("Size", .integer(version.size)), JSONMember("ETag", version.etag.map { .string($0.text) } ?? .null),
                JSONMember("LastModified", version.lastModified.map { .string($0) } ?? .null),
                JSONMember("StorageClass", version.storageClass.map { .string($0) } ?? .null),
            ])
        }
    }

    struct Get: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "get", abstract: "Writes a version to a file or to standard output.")
        @Argument(help: "The object.") var address: ObjectAddress
        @Argument(help: "The version's id.") var version: String
        @Argument(help: "The file; - for standard output.") var file: String = "-"
        @OptionGroup var connection: ConnectionOptions

        func run() throws {
            var wish = ReadWish()
            wish.version = version
            try ObjectReading(address: address, wish: wish, connection: connection, isVerbose: false).run(to: file == "-" ? nil : file)
        }
    }

    struct Restore: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "restore", abstract: "Makes an earlier version the latest, by a copy of it.")
        @Argument(help: "The object.") var address: ObjectAddress
        @Argument(help: "The version's id.") var version: String
        @OptionGroup var connection: ConnectionOptions

        func run() throws {
            let (key, version) = (try address.requiredKey(), version)
            _ = try connection.work(address).run(key: key) { (commands) async throws(StoreError) in
                try await commands.restoreVersion(version, of: key)
            }
        }
    }

    struct Delete: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "delete", abstract: "Deletes versions for good.")
        @Argument(help: "The object.") var address: ObjectAddress
        @Argument(help: "The versions' ids.") var versions: [String]
        @Flag(help: "Also those under a retention of the mode GOVERNANCE.") var bypassGovernance = false
        @OptionGroup var connection: ConnectionOptions

        func run() throws {
            let (key, versions, bypass) = (try address.requiredKey(), versions, bypassGovernance)
            let deleting = ObjectDeleting(isVerbose: false, isDryRun: false, bypassesGovernance: bypass)
            let failed = try connection.work(address).run(key: key) { (commands) async throws(StoreError) in
                try await deleting.delete(versions.map { VersionedKey(key, version: $0) }, commands)
            }
            guard failed == 0 else { throw Failure("\(failed) of them could not be deleted") }
        }
    }

    struct Undelete: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "undelete", abstract: "Brings a deleted object back: takes its delete markers away.")
        @Argument(help: "The object.") var address: ObjectAddress
        @OptionGroup var connection: ConnectionOptions

        func run() throws {
            let key = try address.requiredKey()
            let visible = try connection.work(address).run(key: key) { (commands) async throws(StoreError) in try await commands.undelete(key) }
            guard let visible else { throw Failure("\(key) is not deleted", code: .conflict) }
            Terminal.say("version \(visible.version) is the latest again")
        }
    }
}
