import ArgumentParser
import Credentials
import Foundation
import HTTPTransport
import Logging
import ObjectStorage
import RemoteStore

extension Endpoint.Addressing: ExpressibleByArgument {}
extension StoreClient.Signature: ExpressibleByArgument {}
extension Dialect.Family: ExpressibleByArgument {}
extension HTTPVersion: ExpressibleByArgument {}

/// Where the store is. What is not given comes from the environment and `~/.aws`, as in the AWS tools.
struct ConnectionOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Take the options of [remotes.NAME] in the configuration file, but for those that are given.", valueName: "name"))
    var remote: String?

    @Option(help: ArgumentHelp("Address of the store, e.g. https://s3.example.com. Default: AWS_ENDPOINT_URL, else Amazon S3.", valueName: "url"))
    var endpoint: String?

    @Option(help: ArgumentHelp("Region that requests are signed for. Default: AWS_REGION, the profile's, else us-east-1.", valueName: "name"))
    var region: String?

    @Option(help: "The store's dialect: s3, obs, cos or oos. Default: that of the address (obs://bucket), of a well-known host, else s3.")
    var dialect: Dialect.Family?

    @Option(help: ArgumentHelp("A domain of its own that stands for the bucket, with or without scheme.", valueName: "url"))
    var customDomain: String?

    @Option(help: "How buckets are addressed: path, virtual, domain or auto.")
    var addressing = Endpoint.Addressing.auto

    @Option(help: "How requests are signed: v4, v2, or obs. Default: as the vendor's own clients do it.")
    var signature: StoreClient.Signature?

    @Option(help: "Seconds to wait for a connection.")
    var connectTimeout = 10

    @Option(help: "Seconds that a request may stand still before it counts as failed.")
    var timeout = 30

    @Option(help: "How often a request that failed for a reason that may pass is sent again.")
    var maxRetries = 11

    @Option(help: "How often a request may be sent on to another place of the same site.")
    var maxRedirects = 5

    @Option(help: ArgumentHelp("Version of HTTP: 1.1, 2 or auto (2 where TLS settles on it).", valueName: "version"))
    var httpVersion = HTTPVersion.one

    @Option(help: ArgumentHelp("Certificate authorities to trust instead of the system's, in PEM.", valueName: "file"))
    var caBundle: String?

    @Flag(name: .customLong("no-verify-tls"), help: "Accept any certificate: whoever is in between can read and change everything.")
    var acceptsAnyCertificate = false

    @Option(help: ArgumentHelp("Proxy for every request, instead of http_proxy and https_proxy.", valueName: "url"))
    var proxy: String?

    @OptionGroup var credentials: CredentialsOptions

    @OptionGroup var objects: NewObjectOptions

    func validate() throws {
        guard connectTimeout > 0, timeout > 0 else { throw ValidationError("timeouts are at least one second") }
        guard (0...100).contains(maxRetries) else { throw ValidationError("--max-retries is 0 to 100") }
        guard (0...20).contains(maxRedirects) else { throw ValidationError("--max-redirects is 0 to 20") }
    }

    var retryPolicy: RetryPolicy {
        var policy = RetryPolicy()
        policy.maximumAttempts = maxRetries + 1
        return policy
    }

    private func transportOptions(_ maximumConnections: Int?, logger: Logger) throws -> TransportOptions {
        var options = TransportOptions()
        if let maximumConnections { options.maximumConnections = maximumConnections }
        options.userAgent = "windlass/\(Version.text)"
        options.connectTimeout = .seconds(connectTimeout)
        options.idleTimeout = .seconds(timeout)
        options.verifiesTLS = !acceptsAnyCertificate
        options.proxy = proxy
        options.httpVersion = httpVersion
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

    /// A client for the store that the options name, and the bucket is in; blocks where the store must be asked for its form.
    func client(_ address: BucketAddress?, maximumConnections: Int? = nil, logger: Logger) throws -> StoreClient {
        let choice = try choice(address?.scheme)
        let options = try transportOptions(maximumConnections, logger: logger)
        let transport = HTTPTransport(options)
        var configuration = StoreClient.Configuration(endpoint: choice.endpoint, region: choice.region)
        configuration.addressing = choice.addressing
        configuration.signature = try choice.signature ?? negotiated(choice, address?.bucket, transport)
        configuration.dialect = choice.dialect(configuration.signature, bucket: address?.bucket)
        configuration.maximumRedirects = maxRedirects
        configuration.objects = try objects.options(endpoint: choice.endpoint)
        let chain = credentials.chain(
            dialect: CredentialsDialect(choice.family), bucket: address?.bucket.text, transport: CredentialsTransport(options), logger: logger)
        return StoreClient(configuration, transport: transport, credentials: chain, logger: logger)
    }

    /// The store's address, without asking it anything.
    func endpoint(_ address: BucketAddress) throws -> Endpoint {
        try choice(address.scheme).endpoint
    }

    private func negotiated(_ choice: StoreChoice, _ bucket: BucketName?, _ transport: HTTPTransport) throws -> StoreClient.Signature {
        let outcome = waiting { () async -> Result<StoreClient.Signature, StoreError> in
            do throws(StoreError) {
                return .success(try await SignatureNegotiation(choice, transport: transport).signature(bucket: bucket))
            } catch {
                return .failure(error)
            }
        }
        do throws(StoreError) {
            return try outcome.get()
        } catch {
            throw Failure("cannot reach \(choice.endpoint); check the address and the network: \(error.message)")
        }
    }

    private func choice(_ scheme: Dialect.Family?) throws -> StoreChoice {
        var wishes = StoreChoice.Wishes()
        wishes.scheme = scheme
        wishes.dialect = dialect
        wishes.endpoint = endpoint
        wishes.region = region
        wishes.addressing = addressing
        wishes.signature = signature
        wishes.customDomain = customDomain
        do throws(ChoiceError) {
            return try StoreChoice(wishes, settings)
        } catch {
            throw ValidationError(error.description)
        }
    }

    /// Where the tools of each family look for what was not said.
    private var settings: StoreChoice.Settings {
        let environment = credentials.environment
        let profile = SharedProfile(environment: environment)
        return StoreChoice.Settings(
            endpoint: { family throws(ChoiceError) in
                let names = family == .obs ? ["OBS_ENDPOINT"] : ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"]
                if let set = names.lazy.compactMap({ environment[$0] }).first(where: { !$0.isEmpty }) { return set }
                return family == .obs ? nil : try profile.value("endpoint_url")
            },
            region: { family throws(ChoiceError) in
                guard family == .s3 else { return nil }
                if let set = ["AWS_REGION", "AWS_DEFAULT_REGION"].lazy.compactMap({ environment[$0] }).first(where: { !$0.isEmpty }) { return set }
                return try profile.value("region")
            })
    }
}

extension SharedProfile {
    fileprivate func value(_ name: String) throws(ChoiceError) -> String? {
        do throws(CredentialsError) {
            return try setting(name)
        } catch {
            throw .settings(error.description)
        }
    }
}

extension CredentialsDialect {
    init(_ family: Dialect.Family) {
        self =
            switch family {
            case .s3: .s3
            case .obs: .obs
            case .cos: .cos
            case .oos: .oos
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
        case .unreachable where error.obstacle == .name:
            Failure("the name of \(endpoint) leads nowhere; check the address and this machine's name service: \(error.message)")
        case .unreachable where error.obstacle == .tls:
            Failure(
                "\(endpoint) has no TLS that can be trusted; check the address, or give its certificate authority with --ca-bundle: \(error.message)"
            )
        case .unreachable where error.obstacle == .connection:
            Failure("nothing takes connections at \(endpoint); check the port and that the store runs: \(error.message)")
        case .wrongRegion where error.status == nil: Failure("\(endpoint): \(error.message)")
        case .clockSkew: Failure("\(endpoint) does not accept this machine's time; set the clock: \(error.message)\(error.codeInBrackets)")
        case .invalidResponse:
            Failure("what answers at \(endpoint) is no object store of the dialect \(dialect); check the address: \(error.message)")
        case .unreachable, .timedOut: Failure("cannot reach \(endpoint); check the address and the network: \(error.message)")
        case .bucketNotEmpty: Failure("bucket \(name) is not empty; delete its objects first", code: .conflict)
        case .bucketExists: Failure("there is a bucket \(name) already; choose another name", code: .conflict)
        case .conflict, .preconditionFailed: Failure("\(endpoint): \(error)", code: .conflict)
        case .unsupported: Failure("\(endpoint): \(error)", code: .notOffered)
        case .invalidRequest where error.status == nil: Failure("\(endpoint): \(error)", code: .usage)
        default: Failure("\(endpoint): \(error)")
        }
    }
}

extension StoreError {
    fileprivate var codeInBrackets: String { serviceCode.map { " (\($0))" } ?? "" }
}
