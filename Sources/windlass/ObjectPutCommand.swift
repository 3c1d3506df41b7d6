import ArgumentParser
import BucketAdministration
import FileSystemTypes
import Foundation
import Glibc
import UserFiles
import ObjectCommands
import ObjectStorage
import RemoteStore
import Threads

/// Where the bytes of an object come from.
struct ContentOptions: ParsableArguments {
    @Argument(help: "The file with its bytes; - for standard input.") var file: String?
    @Option(help: ArgumentHelp("Its bytes themselves.", valueName: "string")) var text: String?

    func validate() throws {
        guard (file == nil) != (text == nil) else { throw ValidationError("give a file, - for standard input, or --text") }
    }
}

/// What an object is to be beside its bytes.
struct ObjectWriteOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Its media type. Default: by the file's name.", valueName: "type")) var contentType: String?
    @Option(name: .customLong("meta"), help: ArgumentHelp("Metadata of yours; several times.", valueName: "name=value")) var metadata: [NamedText] =
        []
    @Option(name: .customLong("tag"), help: ArgumentHelp("A tag; several times.", valueName: "name=value")) var tags: [NamedText] = []
    @Option(
        name: .customLong("header"),
        help: ArgumentHelp("Cache-Control, Content-Disposition, Content-Encoding, Content-Language or Expires.", valueName: "name=value"))
    var headers: [NamedText] = []
    @Option(help: ArgumentHelp("OBS: after how many days it is deleted.", valueName: "days")) var expires: Int?
    @Option(help: ArgumentHelp("GOVERNANCE or COMPLIANCE, with --lock-until.", valueName: "mode")) var lockMode: String?
    @Option(help: ArgumentHelp("Until when it is locked, as in 2030-01-31T00:00:00Z.", valueName: "date")) var lockUntil: String?
    @Option(help: ArgumentHelp("S3: ON or OFF. IBM COS has --legal-hold.", valueName: "word")) var lockHold: String?
    @Option(help: ArgumentHelp("IBM COS: until when it can be neither changed nor deleted.", valueName: "date")) var retentionDate: String?
    @Option(name: .customLong("website-redirect"), help: ArgumentHelp("Where a web site sends whoever asks for it.", valueName: "place"))
    var website: String?

    func validate() throws {
        guard headers.allSatisfy({ KeptHeader(rawValue: $0.name.lowercased()) != nil }) else {
            throw ValidationError("--header takes \(KeptHeader.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        guard expires ?? 1 > 0 else { throw ValidationError("--expires is a number of days") }
    }

    /// Whether anything is said.
    var isEmpty: Bool { contentType == nil && metadata.isEmpty && headers.isEmpty }

    var wish: WriteWish {
        var wish = WriteWish()
        wish.attributes.contentType = contentType
        for item in metadata { wish.attributes.metadata[item.name.lowercased()] = item.value }
        for item in headers { if let header = KeptHeader(rawValue: item.name.lowercased()) { wish.attributes.headers[header] = item.value } }
        wish.tags = tags.map { ($0.name, $0.value) }
        wish.expiryDays = expires
        wish.lockMode = lockMode
        wish.lockUntil = lockUntil
        wish.legalHold = lockHold
        wish.retentionDate = retentionDate
        wish.website = website
        return wish
    }
}

struct ObjectPutCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "put", abstract: "Makes an object of a file, of standard input or of a string.")
    @Argument(help: "The object.") var address: ObjectAddress
    @OptionGroup var content: ContentOptions
    @OptionGroup var options: ObjectWriteOptions
    @Option(help: ArgumentHelp("MD5 that the bytes must have, in hexadecimal or Base64.", valueName: "digest")) var md5: String?
    @Option(help: ArgumentHelp("Only if its ETag is this.", valueName: "etag")) var ifMatch: String?
    @Flag(help: "Only if there is none.") var ifAbsent = false
    @Option(help: ArgumentHelp("Larger ones go in parts of this size.", valueName: "size")) var partSize = ByteCount(16 << 20)
    @Flag(help: "Print what the store answered as JSON.") var json = false
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard !ifAbsent || ifMatch == nil else { throw ValidationError("--if-absent and --if-match exclude each other") }
    }

    func run() throws {
        let key = try address.requiredKey()
        let work = try connection.work(address)
        var wish = options.wish
        if wish.attributes.contentType == nil { wish.attributes.contentType = ContentTypes.ofPath(content.file ?? address.key) }
        wish.md5 = try md5.map(Self.digest)
        if ifAbsent { wish.condition = .absent }
        if let ifMatch { wish.condition = .matches(ETag(ifMatch)) }
        let executor = try BlockingExecutor.ofCommand()
        defer { executor.stop() }
        let source = try ObjectContentSource(content, on: executor)
        let receipt = try ObjectUploading(source: source, wish: wish, partSize: partSize.bytes).run(key, work)
        if json { Terminal.say(receipt.json.text) }
    }

    private static func digest(_ text: String) throws -> String {
        if let bytes = ETag(text).digits { return Data(bytes).base64EncodedString() }
        guard let data = Data(base64Encoded: text), data.count == 16 else {
            throw Failure("--md5 takes 32 hexadecimal digits or their Base64", code: .usage)
        }
        return text
    }
}

extension WriteReceipt {
    var json: JSONValue {
        .object([
            JSONMember("ETag", etag.map { .string($0.text) } ?? .null), JSONMember("VersionId", version.map { .string($0.text) } ?? .null),
        ])
    }
}

/// A number of bytes, perhaps with a unit: `500K`, `16M`, `5G`.
struct ByteCount: ExpressibleByArgument, CustomStringConvertible {
    let bytes: Int64

    init(_ bytes: Int64) {
        self.bytes = bytes
    }

    init?(argument: String) {
        let units = ["K": 10, "M": 20, "G": 30, "T": 40]
        let text = argument.uppercased()
        let shift = text.last.flatMap { units[String($0)] }
        guard let number = Int64(shift == nil ? text : String(text.dropLast())), number > 0, number <= Int64.max >> (shift ?? 0) else { return nil }
        bytes = number << (shift ?? 0)
    }

    var description: String {
        for (unit, shift) in [("G", 30), ("M", 20), ("K", 10)] where bytes >= 1 << shift && bytes % (1 << Int64(shift)) == 0 {
            return "\(bytes >> Int64(shift))\(unit)"
        }
        return String(bytes)
    }
}
