import ArgumentParser
import Credentials
import Foundation
import HTTPTransport
import Logging
import ObjectStorage
import RemoteStore

extension Endpoint.Addressing: ExpressibleByArgument {}
extension StoreClient.Signature: ExpressibleByArgument {}

/// Where the store is. What is not given comes from the environment and `~/.aws`, as in the AWS tools.
struct ConnectionOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Address of the store, e.g. https://s3.example.com. Default: AWS_ENDPOINT_URL, else Amazon S3.", valueName: "url"))
    var endpoint: String?

    @Option(help: ArgumentHelp("Region that requests are signed for. Default: AWS_REGION, the profile's, else us-east-1.", valueName: "name"))
    var region: String?

    @Option(help: "How buckets are addressed: path, virtual or auto.")
    var addressing = Endpoint.Addressing.auto

    @Option(help: "How requests are signed: v4, or v2 for old stores.")
    var signature = StoreClient.Signature.v4

    @Option(help: "Seconds to wait for a connection.")
    var connectTimeout = 10

    @Option(help: "Seconds that a request may stand still before it counts as failed.")
    var timeout = 30

    @Option(help: "How often a request that failed for a reason that may pass is sent again.")
    var maxRetries = 11

    @Option(help: ArgumentHelp("Certificate authorities to trust instead of the system's, in PEM.", valueName: "file"))
    var caBundle: String?

    @Flag(name: .customLong("no-verify-tls"), help: "Accept any certificate: whoever is in between can read and change everything.")
    var acceptsAnyCertificate = false

    @Option(help: ArgumentHelp("Proxy for every request, instead of http_proxy and https_proxy.", valueName: "url"))
    var proxy: String?

    @OptionGroup var credentials: CredentialsOptions

    func validate() throws {
        guard connectTimeout > 0, timeout > 0 else { throw ValidationError("timeouts are at least one second") }
        guard (0...100).contains(maxRetries) else { throw ValidationError("--max-retries is 0 to 100") }
    }

    var retryPolicy: RetryPolicy {
        var policy = RetryPolicy()
        policy.maximumAttempts = maxRetries + 1
        return policy
    }

    private func transportOptions(logger: Logger) throws -> TransportOptions {
        var options = TransportOptions()
        options.userAgent = "windlass/\(Version.text)"
        options.connectTimeout = .seconds(connectTimeout)
        options.idleTimeout = .seconds(timeout)
        options.verifiesTLS = !acceptsAnyCertificate
        options.proxy = proxy
        if let caBundle {
            guard FileManager.default.isReadableFile(atPath: caBundle) else { throw Failure("cannot read the certificates in \(caBundle)") }
            options.certificateAuthorities = CredentialsOptions.absolute(caBundle)
        }
        if acceptsAnyCertificate {
            let warning = "TLS certificates are not verified (--no-verify-tls): whoever is in between can read and change everything"
            Terminal.complain("warning: \(warning)")
            logger.warning("\(warning)")
        }
        return options
    }

    /// A client for the store that the options name.
    func client(logger: Logger) throws -> StoreClient {
        let environment = credentials.environment
        let profile = SharedProfile(environment: environment)
        let region = try self.region ?? environment["AWS_REGION"] ?? environment["AWS_DEFAULT_REGION"] ?? setting("region", profile) ?? "us-east-1"
        var configuration = StoreClient.Configuration(endpoint: try endpoint(environment, profile, region), region: region)
        configuration.addressing = addressing
        configuration.signature = signature
        let options = try transportOptions(logger: logger)
        let chain = credentials.chain(dialect: .s3, transport: CredentialsTransport(options), logger: logger)
        return StoreClient(configuration, transport: HTTPTransport(options), credentials: chain, logger: logger)
    }

    private func endpoint(_ environment: [String: String], _ profile: SharedProfile, _ region: String) throws -> Endpoint {
        let text = try endpoint ?? environment["AWS_ENDPOINT_URL_S3"] ?? environment["AWS_ENDPOINT_URL"] ?? setting("endpoint_url", profile)
        guard let text else {
            guard let amazon = Endpoint.amazon(region: region) else { throw ValidationError("'\(region)' is no region") }
            return amazon
        }
        guard let endpoint = Endpoint(text) else {
            throw ValidationError("'\(text)' is no address of a store; give a scheme, a host and perhaps a port, as in https://s3.example.com:9000")
        }
        return endpoint
    }

    private func setting(_ name: String, _ profile: SharedProfile) throws -> String? {
        do throws(CredentialsError) {
            return try profile.setting(name)
        } catch {
            throw Failure(error.description)
        }
    }
}

extension StoreClient {
    /// A failure of this store in the words of somebody who has just typed a command.
    func failure(_ error: StoreError, bucket: BucketName? = nil) -> Failure {
        let endpoint = endpoint.description
        let name = bucket?.text ?? "BUCKET"
        return switch error.reason {
        case .noSuchBucket: Failure("there is no bucket \(name) at \(endpoint); check the name, or create it: windlass bucket create \(name)")
        case .badCredentials where error.status == nil: Failure(error.message)
        case .badCredentials: Failure("\(endpoint) does not accept the keys; check them: \(error.message)\(error.codeInBrackets)")
        case .accessDenied: Failure("the keys may not use bucket \(name) at \(endpoint); check its policy and whose keys they are")
        case .unreachable, .timedOut: Failure("cannot reach \(endpoint); check the address and the network: \(error.message)")
        case .bucketNotEmpty: Failure("bucket \(name) is not empty; delete its objects first")
        case .bucketExists: Failure("there is a bucket \(name) already; choose another name")
        default: Failure("\(endpoint): \(error)")
        }
    }
}

extension StoreError {
    fileprivate var codeInBrackets: String { serviceCode.map { " (\($0))" } ?? "" }
}
