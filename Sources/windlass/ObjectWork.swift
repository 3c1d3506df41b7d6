import Logging
import ObjectCommands
import ObjectStorage
import RemoteStore
import Threads

/// The objects of a bucket as commands work with them.
struct ObjectWork: Sendable {
    let commands: ObjectCommands

    var dialect: Dialect { commands.dialect }

    /// Runs what asks or changes objects, and turns failures into lines and exit codes.
    func run<Value: Sendable>(key: Key? = nil, _ body: @escaping @Sendable (ObjectCommands) async throws(StoreError) -> Value) throws -> Value {
        let commands = commands
        let outcome = waiting { () async -> Result<Value, StoreError> in
            do throws(StoreError) {
                return .success(try await body(commands))
            } catch {
                return .failure(error)
            }
        }
        do throws(StoreError) {
            return try outcome.get()
        } catch {
            throw commands.objects.client.objectFailure(error, commands.objects.bucket, key)
        }
    }
}

extension ConnectionOptions {
    /// `capabilities`: what is known of the bucket beyond its dialect.
    func work(_ address: ObjectAddress, capabilities: Capabilities? = nil) throws -> ObjectWork {
        let client = try client(address.bucket, logger: .silent)
        let remote = RemoteObjects(client, bucket: address.bucket.bucket, capabilities: capabilities, policy: retryPolicy, logger: .silent)
        if objects.sse != nil { try checkEncryption(client) }
        return ObjectWork(commands: ObjectCommands(remote))
    }

    private func checkEncryption(_ client: StoreClient) throws {
        do throws(StoreError) {
            try ObjectFeature.encryption.check(client.dialect)
        } catch {
            throw Failure(error.message, code: .notOffered)
        }
    }
}

extension StoreClient {
    /// A failure with one object in the words of somebody who has just typed a command.
    func objectFailure(_ error: StoreError, _ bucket: BucketName, _ key: Key?) -> Failure {
        let code = error.serviceCode.map { " (\($0))" } ?? ""
        return switch error.reason {
        case .noSuchKey where error.serviceCode == "NoSuchVersion": Failure("there is no such version of \(key?.description ?? "it") in \(bucket)")
        case .noSuchKey: Failure("there is no object \(key?.description ?? "of that key") in \(bucket)")
        case .notModified: Failure("\(key?.description ?? "the object") is unchanged", code: .conflict)
        case .accessDenied: Failure("\(endpoint) refuses it: \(error.message)\(code)")
        case .archived: Failure("\(key?.description ?? "the object") is archived: windlass object restore; \(error.message)\(code)")
        case .wrongPosition: Failure("the object has another length: \(error.message)\(code)", code: .conflict)
        case .notAppendable: Failure("the object does not grow: \(error.message)\(code)", code: .conflict)
        case .unsupported where error.status == nil: Failure(error.message, code: .notOffered)
        case .unsupported: Failure("this store does not offer it: \(error.message)\(code)", code: .notOffered)
        case .invalidRequest where error.status == nil: Failure(error.message, code: .usage)
        default: failure(error, bucket: bucket)
        }
    }
}
