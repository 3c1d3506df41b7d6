import ArgumentParser
import Foundation
import RemoteStore

/// How objects are stored that this program makes, and who pays.
struct NewObjectOptions: ParsableArguments {
    enum Encryption: String, ExpressibleByArgument, CaseIterable {
        /// Keys of the store.
        case aes256
        /// A key of the key-management service.
        case kms
        /// A key of the user's own.
        case c
    }

    @Option(help: "Encryption at rest: aes256 (the store's keys), kms, or c (a key of your own, see --sse-key-file). Default: as the bucket is set.")
    var sse: Encryption?

    @Option(help: ArgumentHelp("Key of the key-management service for --sse kms. Default: the service's default key.", valueName: "id"))
    var sseKeyId: String?

    @Option(help: ArgumentHelp("File that only you may read with 32 bytes, or their Base64, for --sse c.", valueName: "file"))
    var sseKeyFile: String?

    @Option(help: ArgumentHelp("Storage class of new objects, in the store's own words. Default: as the bucket is set.", valueName: "class"))
    var storageClass: String?

    @Option(help: ArgumentHelp("Canned access-control list of new objects, e.g. bucket-owner-full-control.", valueName: "name"))
    var acl: String?

    @Option(
        help: ArgumentHelp(
            "IBM COS: seconds for which new objects can be neither changed nor deleted. Default: as the bucket is set.", valueName: "seconds"))
    var retentionPeriod: Int64?

    @Option(help: ArgumentHelp("IBM COS: name of a legal hold on new objects.", valueName: "name"))
    var legalHold: String?

    @Flag(help: "Agree to pay for requests where a bucket makes the requester pay.")
    var requesterPays = false

    func validate() throws {
        guard retentionPeriod ?? 0 >= -2 else { throw ValidationError("--retention-period is a number of seconds") }
        guard sseKeyId == nil || sse == .kms else { throw ValidationError("--sse-key-id goes with --sse kms") }
        guard (sseKeyFile != nil) == (sse == .c) else { throw ValidationError("--sse c and --sse-key-file go together") }
    }

    func options(endpoint: Endpoint) throws -> ObjectOptions {
        var options = ObjectOptions()
        options.storageClass = storageClass
        options.accessControl = acl
        options.requesterPays = requesterPays
        if retentionPeriod != nil || legalHold != nil { options.retention = Retention(period: retentionPeriod, legalHold: legalHold) }
        switch sse {
        case nil: break
        case .aes256: options.encryption = .storeKeys
        case .kms: options.encryption = .managedKey(id: sseKeyId)
        case .c: options.encryption = .customerKey(try customerKey(endpoint))
        }
        return options
    }

    /// The key goes along with every request: never in the clear to another machine.
    private func customerKey(_ endpoint: Endpoint) throws -> CustomerKey {
        let path = sseKeyFile ?? ""
        let isHere = endpoint.host == "127.0.0.1" || endpoint.host == "localhost" || endpoint.host.hasSuffix(".localhost")
        guard endpoint.isSecure || isHere else { throw Failure("--sse c sends the key along: name the store by an https address") }
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: path), let content = FileManager.default.contents(atPath: path)
        else { throw Failure("cannot read the key in \(path)") }
        let mode = (attributes[.posixPermissions] as? NSNumber)?.intValue ?? 0o777
        guard mode & 0o077 == 0 else { throw Failure("others may read the key in \(path); forbid it: chmod 600 \(path)") }
        guard let key = CustomerKey(Array(content)) else { throw Failure("\(path) holds no key: 32 bytes, or their Base64") }
        return key
    }
}
