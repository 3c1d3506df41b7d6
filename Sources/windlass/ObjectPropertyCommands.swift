import ArgumentParser
import BucketAdministration
import Foundation
import ObjectCommands
import ObjectStorage
import RemoteStore

struct ObjectTagCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tag", abstract: "Shows and changes the tags of an object.", subcommands: [Get.self, Set.self, Delete.self])

    struct Get: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "get", abstract: "Shows them.")
        @Argument(help: "The object.") var address: ObjectAddress
        @Option(help: ArgumentHelp("Those of this version.", valueName: "id")) var versionId: String?
        @Flag(help: "As a JSON object.") var json = false
        @OptionGroup var connection: ConnectionOptions

        func run() throws {
            let (key, version) = (try address.requiredKey(), versionId)
            let tags = try connection.work(address).run(key: key) { (commands) async throws(StoreError) in
                try await commands.tags(of: key, version: version)
            }
            ShownPairs(tags).show(json: json)
        }
    }

    struct Set: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "set", abstract: "Gives it these tags in place of all others.")
        @Argument(help: "The object.") var address: ObjectAddress
        @Argument(help: ArgumentHelp("The tags.", valueName: "name=value")) var tags: [NamedText]
        @Option(help: ArgumentHelp("Those of this version.", valueName: "id")) var versionId: String?
        @OptionGroup var connection: ConnectionOptions

        func run() throws {
            let (key, version, pairs) = (try address.requiredKey(), versionId, tags.map { ($0.name, $0.value) })
            try connection.work(address).run(key: key) { (commands) async throws(StoreError) in
                try await commands.setTags(of: key, version: version, pairs)
            }
        }
    }

    struct Delete: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "delete", abstract: "Takes all of them away.")
        @Argument(help: "The object.") var address: ObjectAddress
        @Option(help: ArgumentHelp("Those of this version.", valueName: "id")) var versionId: String?
        @OptionGroup var connection: ConnectionOptions

        func run() throws {
            let (key, version) = (try address.requiredKey(), versionId)
            try connection.work(address).run(key: key) { (commands) async throws(StoreError) in
                try await commands.setTags(of: key, version: version, [])
            }
        }
    }
}

struct ObjectACLCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "acl", abstract: "Shows and changes the access-control list of an object.", subcommands: [Get.self, Set.self])

    struct Get: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "get", abstract: "Shows it.")
        @Argument(help: "The object.") var address: ObjectAddress
        @Option(help: ArgumentHelp("That of this version.", valueName: "id")) var versionId: String?
        @OptionGroup var form: ShownForm
        @OptionGroup var connection: ConnectionOptions

        func run() throws {
            let (key, version) = (try address.requiredKey(), versionId)
            let work = try connection.work(address)
            let text = try work.run(key: key) { (commands) async throws(StoreError) in try await commands.accessList(of: key, version: version) }
            guard let form = work.commands.accessListForm, let value = try? form.value(text) else {
                throw Failure("what the store answered is no access-control list")
            }
            self.form.show(.document(text: text, value: value))
        }
    }

    struct Set: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "set", abstract: "Changes it: by a name or by a document.")
        @Argument(help: "The object.") var address: ObjectAddress
        @Argument(help: "The document's file; - for standard input.") var file: String?
        @Option(help: ArgumentHelp("The name of a list: private, public-read ...", valueName: "name")) var value: String?
        @Option(help: ArgumentHelp("That of this version.", valueName: "id")) var versionId: String?
        @OptionGroup var connection: ConnectionOptions

        func validate() throws {
            guard (file == nil) != (value == nil) else { throw ValidationError("give a file or --value") }
        }

        func run() throws {
            let (key, version, name) = (try address.requiredKey(), versionId, value)
            let work = try connection.work(address)
            let document = try file.map { try Self.text($0, work) }
            try work.run(key: key) { (commands) async throws(StoreError) in
                try await commands.setAccessList(of: key, version: version, canned: name, document: document)
            }
        }

        /// As the store takes it; nothing where the dialect has none, which is said later.
        private static func text(_ path: String, _ work: ObjectWork) throws -> String {
            guard let form = work.commands.accessListForm else { return "" }
            guard let data = path == "-" ? FileHandle.standardInput.readDataToEndOfFile() : FileManager.default.contents(atPath: path) else {
                throw Failure("cannot read the document in \(path)", code: .usage)
            }
            do throws(DocumentError) {
                let written = try form.written(String(decoding: data, as: UTF8.self), for: .acl)
                let findings = form.problems(in: written)
                guard findings.isEmpty else { throw DocumentError(findings.joined(separator: "; ")) }
                return written.text ?? form.document.document(written.value)
            } catch {
                throw Failure("the document is not sent: \(error.description)", code: .usage)
            }
        }
    }
}

struct ObjectMetadataCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "metadata", abstract: "Shows and changes what is kept in an object's headers.", subcommands: [Get.self, Set.self])

    struct Get: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "get", abstract: "Shows it.")
        @Argument(help: "The object.") var address: ObjectAddress
        @Option(help: ArgumentHelp("That of this version.", valueName: "id")) var versionId: String?
        @Flag(help: "As a JSON object.") var json = false
        @OptionGroup var connection: ConnectionOptions

        func run() throws {
            let key = try address.requiredKey()
            var wish = ReadWish()
            wish.version = versionId
            let ready = wish
            let attributes = try connection.work(address).run(key: key) { (commands) async throws(StoreError) in
                commands.attributes(of: try await commands.stat(key, ready))
            }
            let headers = [("content-type", attributes.contentType)] + KeptHeader.allCases.map { ($0.rawValue, attributes.headers[$0]) }
            let own = attributes.metadata.sorted { $0.key < $1.key }.map { JSONMember($0.key, .string($0.value)) }
            let known = headers.compactMap { name, value in value.map { JSONMember(name, .string($0)) } }
            if json {
                return Terminal.say(JSONValue.object([JSONMember("Headers", .object(known)), JSONMember("Metadata", .object(own))]).text)
            }
            let rows = known.map { [$0.name, $0.value.string ?? ""] } + own.map { ["meta \($0.name)", $0.value.string ?? ""] }
            for line in SettingTable.aligned(rows) { Terminal.say(line) }
        }
    }

    struct Set: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "set",
            abstract: "Changes it. Where a store cannot, the object is copied onto itself: its time changes, and its own access list goes.")
        @Argument(help: "The object.") var address: ObjectAddress
        @Argument(help: ArgumentHelp("Metadata; an empty value takes it away.", valueName: "name=value")) var pairs: [NamedText] = []
        @Option(help: ArgumentHelp("Its media type.", valueName: "type")) var contentType: String?
        @Option(
            name: .customLong("header"),
            help: ArgumentHelp("Cache-Control and its kin, see put; an empty value takes it away.", valueName: "name=value"))
        var headers: [NamedText] = []
        @Flag(help: "Take away what is not named here.") var replace = false
        @Option(help: ArgumentHelp("That of this version (OBS).", valueName: "id")) var versionId: String?
        @OptionGroup var connection: ConnectionOptions

        func validate() throws {
            guard !pairs.isEmpty || !headers.isEmpty || contentType != nil || replace else { throw ValidationError("say what is to change") }
            guard headers.allSatisfy({ KeptHeader(rawValue: $0.name.lowercased()) != nil }) else {
                throw ValidationError("--header takes \(KeptHeader.allCases.map(\.rawValue).joined(separator: ", "))")
            }
        }

        func run() throws {
            let (key, version) = (try address.requiredKey(), versionId)
            let (pairs, headers, contentType, replace) = (pairs, headers, contentType, replace)
            try connection.work(address).run(key: key) { (commands) async throws(StoreError) in
                try await commands.setMetadata(of: key, version: version) { attributes in
                    if replace { attributes = ObjectAttributes(contentType: attributes.contentType) }
                    if let contentType { attributes.contentType = contentType }
                    for item in pairs { attributes.metadata[item.name.lowercased()] = item.value.isEmpty ? nil : item.value }
                    for item in headers {
                        if let header = KeptHeader(rawValue: item.name.lowercased()) {
                            attributes.headers[header] = item.value.isEmpty ? nil : item.value
                        }
                    }
                }
            }
        }
    }
}
