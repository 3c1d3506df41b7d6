import ArgumentParser
import BucketAdministration
import FileSystemTypes
import ObjectCommands
import ObjectStorage
import RemoteStore

struct ObjectListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Lists objects: size, time, class and key.")
    @Argument(help: "The bucket, perhaps with the beginning of keys.") var address: ObjectAddress
    @Option(help: ArgumentHelp("Show what shares its name up to this text once, as in --delimiter /.", valueName: "text")) var delimiter: String?
    @Option(help: ArgumentHelp("Only keys after this one.", valueName: "key")) var startAfter: String?
    @Option(help: ArgumentHelp("At most so many.", valueName: "count")) var limit: Int?
    @Flag(help: "A JSON object a line.") var json = false
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard limit ?? 1 > 0 else { throw ValidationError("--limit is at least 1") }
    }

    func run() throws {
        let work = try connection.work(address)
        let request = ListRequest(
            prefix: Key(address.key), delimiter: delimiter, startAfter: startAfter.map { Key($0) }, maximumKeys: min(limit ?? 1000, 1000))
        let (limit, json) = (limit, json)
        try work.run { (commands) async throws(StoreError) in
            var pager = ListPager(commands.objects.store, request)
            var left = limit ?? .max
            while left > 0, let page = try await pager.next() {
                for line in Self.lines(page, json: json).prefix(left) { Terminal.say(line) }
                left -= page.objects.count + page.commonPrefixes.count
            }
        }
    }

    /// In the order of their names.
    static func lines(_ page: ListPage, json: Bool) -> [String] {
        let objects = page.objects.map { ($0.key, json ? Self.json($0).oneLine : Self.row($0)) }
        let prefixes = page.commonPrefixes.map { ($0, json ? JSONValue.object([JSONMember("Prefix", .string("\($0)"))]).oneLine : folder($0)) }
        return (objects + prefixes).sorted { $0.0 < $1.0 }.map(\.1)
    }

    private static func folder(_ prefix: Key) -> String { "\(pad("", 14))  \(pad("", 20))  \(pad("", 12))  \(shown(prefix))" }

    private static func row(_ object: ListedObject) -> String {
        let time = object.lastModified?.iso8601 ?? "-"
        return "\(pad(String(object.size), 14))  \(pad(time, 20))  \(pad(object.storageClass ?? "-", 12))  \(shown(object.key))"
    }

    /// In one line; control characters would move the cursor.
    static func shown(_ key: Key) -> String {
        let isPlain = key.description.unicodeScalars.allSatisfy { $0.value >= 32 && $0.value != 127 }
        return isPlain ? key.description : JSONValue.string(key.description).text
    }

    static func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    private static func json(_ object: ListedObject) -> JSONValue {
        .object([
            JSONMember("Key", .string("\(object.key)")), JSONMember("Size", .integer(object.size)),
            JSONMember("ETag", object.etag.map { .string($0.text) } ?? .null),
            JSONMember("LastModified", object.lastModified.map { .string($0.iso8601) } ?? .null),
            JSONMember("StorageClass", object.storageClass.map { .string($0) } ?? .null),
        ])
    }
}

extension JSONValue {
    /// Without line breaks: strings have theirs escaped.
    var oneLine: String {
        text.split(separator: "\n").map { $0.drop { $0 == " " } }.joined(separator: " ")
    }
}

struct ObjectStatCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "stat", abstract: "Shows everything that the store says of an object.")
    @Argument(help: "The object.") var address: ObjectAddress
    @OptionGroup var conditions: VersionOptions
    @Flag(help: "As one JSON object of headers.") var json = false
    @OptionGroup var connection: ConnectionOptions

    func run() throws {
        let key = try address.requiredKey()
        let wish = conditions.wish
        let answer = try connection.work(address).run(key: key) { (commands) async throws(StoreError) in try await commands.stat(key, wish) }
        let fields = answer.headers.filter { !["date", "server", "connection", "accept-ranges"].contains($0.name) }
        if json { return Terminal.say(JSONValue.object(fields.map { JSONMember($0.name, .string($0.value)) }).text) }
        for line in SettingTable.aligned(fields.map { [$0.name, $0.value] }) { Terminal.say(line) }
    }
}
