import ArgumentParser
import BucketAdministration
import FileSystemTypes
import ObjectCommands
import ObjectStorage
import RemoteStore
import Threads

struct ObjectAppendCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "append", abstract: "Adds to the end of an object; where there is none, makes one that can grow.")
    @Argument(help: "The object.") var address: ObjectAddress
    @OptionGroup var content: ContentOptions
    @Option(help: ArgumentHelp("Only if the object is so long. Default: as long as it is.", valueName: "bytes")) var position: Int64?
    @OptionGroup var options: ObjectWriteOptions
    @Flag(help: "Print what the store answered as JSON.") var json = false
    @OptionGroup var connection: ConnectionOptions

    func run() throws {
        let key = try address.requiredKey()
        let work = try connection.work(address, capabilities: try capabilities())
        var wish = options.wish
        if wish.attributes.contentType == nil { wish.attributes.contentType = ContentTypes.ofPath(address.key) }
        let executor = try BlockingExecutor.ofCommand()
        defer { executor.stop() }
        let source = try ObjectContentSource(content, on: executor)
        let (ready, position) = (wish, position)
        let receipt = try work.run(key: key) { (commands) async throws(StoreError) in
            guard let body = try await source.whole(upTo: 5 << 30) else {
                throw StoreError(.tooLarge, "one append takes at most 5G of a file, and 1G of standard input")
            }
            return try await commands.append(key, body, at: position, ready)
        }
        guard json else { return }
        let etag = receipt.etag.map { JSONValue.string($0.text) } ?? .null
        Terminal.say(JSONValue.object([JSONMember("NextPosition", .integer(receipt.nextPosition)), JSONMember("ETag", etag)]).text)
    }

    /// A store that does not know appends would take one for the object anew: what is not known for certain is tried on a scratch object.
    private func capabilities() throws -> Capabilities? {
        let client = try connection.client(address.bucket, logger: .silent)
        guard ObjectFeature.append.isOffered(client.dialect) else { return nil }
        let search = CapabilitySearch(client, bucket: address.bucket.bucket, logger: .silent)
        let folder = address.key.lastIndex(of: "/").map { String(address.key[...$0]) } ?? ""
        let remote = RemoteObjects(client, bucket: address.bucket.bucket, policy: connection.retryPolicy, logger: .silent)
        return try ObjectWork(commands: ObjectCommands(remote)).run { _ async throws(StoreError) in
            if search.gap == .verbs { return try await search.probe(folder: folder) }
            return try await search.look()
        }
    }
}
