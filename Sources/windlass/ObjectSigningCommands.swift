import ArgumentParser
import BucketAdministration
import ObjectCommands
import ObjectStorage
import RemoteStore

struct ObjectPresignCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "presign", abstract: "Prints a URL that lets whoever has it do one thing for a while.",
        discussion: "Operations: \(SignedOperation.all.map(\.name).joined(separator: ", ")). The form of the signature is that of --signature.")
    @Argument(help: "What it is for.") var operation: String
    @Argument(help: "The object, or the bucket.") var address: ObjectAddress
    @Option(help: ArgumentHelp("For how long it is good.", valueName: "seconds")) var expires = 3600
    @Option(help: ArgumentHelp("A parameter of the request; several times.", valueName: "name=value")) var query: [NamedText] = []
    @Option(
        name: .customLong("header"),
        help: ArgumentHelp("A header that whoever uses it must send as it is here; several times.", valueName: "name=value"))
    var headers: [NamedText] = []
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard SignedOperation.named(operation) != nil else { throw ValidationError("'\(operation)' is none of the operations; see --help") }
        guard expires > 0 else { throw ValidationError("--expires is at least 1") }
    }

    func run() throws {
        guard let wanted = SignedOperation.named(operation) else { return }
        let key = address.key.isEmpty ? nil : Key(address.key)
        let query = query.map { ObjectCall.Field($0.name, $0.value) }
        let headers = headers.map { ObjectCall.Field($0.name, $0.value) }
        let expires = expires
        let url = try connection.work(address).run(key: key) { (commands) async throws(StoreError) in
            try await commands.presigned(wanted, key, query: query, headers: headers, seconds: expires)
        }
        Terminal.say(url)
    }
}

struct ObjectFormCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "form", abstract: "Makes a form with which a browser may upload to one place for a while.",
        discussion: "A key that ends in ${filename} takes the rest from the browser's file.")
    @Argument(help: "The object.") var address: ObjectAddress
    @Option(help: ArgumentHelp("For how long it is good.", valueName: "seconds")) var expires = 3600
    @Option(help: ArgumentHelp("What is larger is refused.", valueName: "size")) var maximumSize: ByteCount?
    @Option(help: ArgumentHelp("Its media type; image/* lets the browser say which.", valueName: "type")) var contentType: String?
    @Option(name: .customLong("meta"), help: ArgumentHelp("Metadata; several times.", valueName: "name=value")) var metadata: [NamedText] = []
    @Option(help: ArgumentHelp("Where the browser goes afterwards.", valueName: "url")) var redirect: String?
    @Option(help: ArgumentHelp("What is answered otherwise: 200, 201 or 204.", valueName: "status")) var status: Int?
    @Flag(help: "Print a page with the form instead of its fields.") var html = false
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard expires > 0 else { throw ValidationError("--expires is at least 1") }
        guard status.map([200, 201, 204].contains) ?? true else { throw ValidationError("--status is 200, 201 or 204") }
    }

    func run() throws {
        var wish = FormWish(key: try address.requiredKey().description, seconds: expires)
        wish.sizes = maximumSize.map { 0...$0.bytes }
        wish.contentType = contentType
        wish.accessControl = connection.objects.acl
        wish.storageClass = connection.objects.storageClass
        wish.metadata = metadata.map { ($0.name.lowercased(), $0.value) }
        wish.redirect = redirect
        wish.status = status
        let ready = wish
        let form = try connection.work(address).run { (commands) async throws(StoreError) in try await commands.form(ready) }
        Terminal.say(html ? form.page : form.json.text)
    }
}
