import BucketAdministration
import Logging
import ObjectStorage
import RemoteStore

/// Runs what asks or changes a bucket, and turns failures into lines and exit codes.
struct Administering {
    let client: StoreClient
    let bucket: BucketName

    init(_ client: StoreClient, _ bucket: BucketName) {
        self.client = client
        self.bucket = bucket
    }

    func run<Value: Sendable>(_ body: @escaping @Sendable () async throws(AdministrationError) -> Value) throws -> Value {
        let outcome = waiting { () async -> Result<Value, AdministrationError> in
            do throws(AdministrationError) {
                return .success(try await body())
            } catch {
                return .failure(error)
            }
        }
        do throws(AdministrationError) {
            return try outcome.get()
        } catch {
            throw failure(error)
        }
    }

    private func failure(_ error: AdministrationError) -> Failure {
        switch error {
        case .store(let error): client.failure(error, bucket: bucket)
        case .notOffered(let text): Failure(text, code: .notOffered)
        case .usage(let text): Failure(text, code: .usage)
        case .invalid(let findings): Failure("the document is not sent: \(findings.joined(separator: "; "))", code: .usage)
        }
    }
}

extension ConnectionOptions {
    func administration(_ client: StoreClient, _ bucket: BucketName) -> BucketAdministration {
        let documents = BucketDocuments(client, bucket: bucket, policy: retryPolicy, logger: .silent)
        let resource = (resourceEndpoint ?? ResourceConfiguration.standard(client)).map {
            ResourceConfiguration(client, at: $0, bucket: bucket, policy: retryPolicy, logger: .silent)
        }
        return BucketAdministration(documents, resource)
    }

    /// Of IBM's Resource Configuration API, where it is not the public one.
    private var resourceEndpoint: Endpoint? {
        credentials.environment["IBM_CONFIG_ENDPOINT"].flatMap { Endpoint($0) }
    }

    /// Asks or changes a bucket and waits for the end of it.
    func administering<Value: Sendable>(
        _ address: BucketAddress, _ body: @escaping @Sendable (BucketAdministration) async throws(AdministrationError) -> Value
    ) throws -> Value {
        let client = try client(address, logger: .silent)
        let administration = administration(client, address.bucket)
        return try Administering(client, address.bucket).run { () async throws(AdministrationError) in try await body(administration) }
    }
}

extension Logger {
    /// Commands say what is to be said themselves.
    static var silent: Logger { Logger(label: "windlass") { _ in SwiftLogNoOpLogHandler() } }
}
