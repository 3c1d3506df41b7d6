import ArgumentParser
import Credentials
import Foundation
import HTTPTransport
import Logging
import ObjectStorage
import RemoteStore

extension Endpoint.Addressing: ExpressibleByArgument {}

/// Where the store is. What is not given comes from the environment and `~/.aws`, as in the AWS tools.
struct ConnectionOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Address of the store, e.g. https://s3.example.com. Default: AWS_ENDPOINT_URL, else Amazon S3.", valueName: "url"))
    var endpoint: String?

    @Option(help: ArgumentHelp("Region that requests are signed for. Default: AWS_REGION, the profile's, else us-east-1.", valueName: "name"))
    var region: String?

    @Option(help: "How buckets are addressed: path, virtual or auto.")
    var addressing = Endpoint.Addressing.auto

    /// A client for the store that the options name.
    func client(logger: Logger) throws -> StoreClient {
        let environment = ProcessInfo.processInfo.environment
        let profile = SharedProfile(environment: environment)
        let region = try self.region ?? environment["AWS_REGION"] ?? environment["AWS_DEFAULT_REGION"] ?? setting("region", profile) ?? "us-east-1"
        var configuration = StoreClient.Configuration(endpoint: try endpoint(environment, profile, region), region: region)
        configuration.addressing = addressing
        var options = TransportOptions()
        options.userAgent = "windlass/\(Version.text)"
        return StoreClient(
            configuration, transport: HTTPTransport(options), credentials: .standard(environment: environment), logger: logger)
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
