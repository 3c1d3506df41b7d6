import ArgumentParser
import BucketAdministration
import FileSystemTypes
import Glibc
import UserFiles
import ObjectStorage
import RemoteStore
import Threads

/// `windlass access-key`: the keys of an account, where a store lets them be made by a request.
struct AccessKeyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "access-key", abstract: "Makes, lists and ends access keys of CTYun OOS.",
        subcommands: [Create.self, List.self, Update.self, Delete.self])

    struct Create: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Creates a key. Its secret is told this once only.")
        @Option(help: ArgumentHelp("Write the secret to this new file, which only you may read, and do not show it.", valueName: "file"))
        var secretFile: String?
        @OptionGroup var connection: ConnectionOptions

        func run() throws {
            let work = try AccessKeyWork(connection)
            guard let path = secretFile else {
                let created = try work.run { (keys) async throws(StoreError) in try await keys.create() }
                Terminal.say("access key  \(created.summary.id)")
                return Terminal.say("secret      \(created.secret)")
            }
            // Before the key is made: it would be lost with a file that cannot be.
            let executor = try BlockingExecutor.ofCommand()
            defer { executor.stop() }
            let file = try Self.secretFile(path, executor)
            do {
                let created = try work.run { (keys) async throws(StoreError) in
                    let created = try await keys.create()
                    try await Self.write(created, file, keys)
                    return created
                }
                Terminal.say("access key  \(created.summary.id)")
            } catch {
                unsafe unlink(path)
                throw error
            }
        }

        private static func secretFile(_ path: String, _ executor: BlockingExecutor) throws -> UserFile {
            do throws(Errno) {
                return try UserFile(path, .secret, on: executor)
            } catch {
                throw Failure("cannot make \(path): \(error)", code: error == .exists ? .conflict : .failed)
            }
        }

        /// A key whose secret is lost is of no use to anybody.
        private static func write(_ created: AccessKeys.Created, _ file: UserFile, _ keys: AccessKeys) async throws(StoreError) {
            do throws(Errno) {
                try await file.write(Bytes(created.secret + "\n"), at: 0)
                try await file.sync()
            } catch {
                try await keys.delete(created.summary.id)
                throw StoreError(.localFailure, "cannot write \(file.path): \(error); the key was deleted again")
            }
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lists the keys.")
        @Flag(help: "As JSON.") var json = false
        @OptionGroup var connection: ConnectionOptions

        func run() throws {
            let keys = try AccessKeyWork(connection).run { (keys) async throws(StoreError) in try await keys.list() }
            if json { return Terminal.say(JSONValue.array(keys.map(Self.json)).text) }
            let rows = keys.map { [$0.id, $0.isActive ? "active" : "inactive", $0.isPrimary ? "primary" : "ordinary", $0.user ?? ""] }
            for line in SettingTable.aligned([["ID", "STATUS", "KIND", "USER"]] + rows) { Terminal.say(line) }
        }

        private static func json(_ key: AccessKeys.Summary) -> JSONValue {
            .object([
                JSONMember("AccessKeyId", .string(key.id)), JSONMember("Status", .string(key.isActive ? "Active" : "Inactive")),
                JSONMember("IsPrimary", .boolean(key.isPrimary)), JSONMember("UserName", key.user.map { .string($0) } ?? .null),
            ])
        }
    }

    struct Update: ParsableCommand {
        enum Status: String, ExpressibleByArgument, CaseIterable {
            case active, inactive
        }

        enum Kind: String, ExpressibleByArgument, CaseIterable {
            case primary, ordinary
        }

        static let configuration = CommandConfiguration(abstract: "Changes whether a key is good, and for what.")
        @Argument(help: "The key's id.") var id: String
        @Option(help: "active or inactive.") var status: Status?
        @Option(help: "primary (may do everything) or ordinary (only objects whose keys begin with its id).") var kind: Kind?
        @OptionGroup var connection: ConnectionOptions

        func validate() throws {
            guard status != nil || kind != nil else { throw ValidationError("give --status or --kind") }
        }

        func run() throws {
            let (id, isActive, isPrimary) = (id, status.map { $0 == .active }, kind.map { $0 == .primary })
            try AccessKeyWork(connection).run { (keys) async throws(StoreError) in
                try await keys.update(id, isActive: isActive, isPrimary: isPrimary)
            }
        }
    }

    struct Delete: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Deletes a key: what it has signed is good no more.")
        @Argument(help: "The key's id.") var id: String
        @OptionGroup var connection: ConnectionOptions

        func run() throws {
            let id = id
            try AccessKeyWork(connection).run { (keys) async throws(StoreError) in try await keys.delete(id) }
        }
    }
}

/// The access keys of the account that a connection is for.
struct AccessKeyWork {
    private let client: StoreClient
    private let keys: AccessKeys

    init(_ connection: ConnectionOptions) throws {
        client = try connection.client(nil, logger: .silent)
        guard client.dialect.family == .oos else {
            throw Failure("\(client.dialect.family.title) does not offer access keys by request; use the provider's console", code: .notOffered)
        }
        let named = connection.credentials.environment["OOS_IAM_ENDPOINT"].flatMap { Endpoint($0) }
        guard let endpoint = named ?? AccessKeys.standard(client) else {
            throw Failure("where the access keys of \(client.endpoint) are kept is not known; set OOS_IAM_ENDPOINT", code: .notOffered)
        }
        keys = AccessKeys(client, at: endpoint, policy: connection.retryPolicy, logger: .silent)
    }

    func run<Value: Sendable>(_ body: @escaping @Sendable (AccessKeys) async throws(StoreError) -> Value) throws -> Value {
        let keys = keys
        let outcome = waiting { () async -> Result<Value, StoreError> in
            do throws(StoreError) {
                return .success(try await body(keys))
            } catch {
                return .failure(error)
            }
        }
        do throws(StoreError) {
            return try outcome.get()
        } catch {
            if error.serviceCode == "NoSuchEntity" { throw Failure("there is no such access key") }
            throw client.objectFailure(error, BucketName("the account"), nil)
        }
    }
}
