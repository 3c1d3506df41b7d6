import ArgumentParser
import FileSystemTypes
import Foundation
import Logging
import ObjectStorage
import RemoteStore

struct BucketCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bucket", abstract: "Creates, lists, deletes and sets up buckets.",
        subcommands: [Create.self, List.self, BucketInfoCommand.self, Delete.self, UploadsCommand.self, FeaturesCommand.self],
        groupedSubcommands: [CommandGroup(name: "Settings", subcommands: FeatureChoices.commands)])

    struct Create: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Creates a bucket.")
        @Argument(help: "The bucket's name.") var bucket: BucketAddress
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var wishes: NewBucketOptions

        func run() throws {
            let wishes = wishes.wishes(connection.objects)
            try connection.asking(bucket) { (buckets) async throws(StoreError) in try await buckets.createBucket(bucket.bucket, wishes) }
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lists the buckets of the account, one a line.")
        @Flag(name: [.customLong("long"), .customShort("l")], help: "With the time of making, the place and the kind, separated by tabs.")
        var isLong = false
        @OptionGroup var connection: ConnectionOptions

        func run() throws {
            for bucket in try connection.buckets() { Terminal.say(isLong ? Self.row(bucket) : bucket.name.text) }
        }

        private static func row(_ bucket: BucketSummary) -> String {
            let made = bucket.created.map { Date(timeIntervalSince1970: TimeInterval($0.seconds)).ISO8601Format() }
            return [bucket.name.text, made ?? "-", bucket.location ?? "-", bucket.isFileSystem ? "file system" : "objects"].joined(separator: "\t")
        }
    }

    struct Delete: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Deletes an empty bucket.")
        @Argument(help: "The bucket's name.") var bucket: BucketAddress
        @OptionGroup var connection: ConnectionOptions

        func run() throws {
            try connection.asking(bucket) { (buckets) async throws(StoreError) in try await buckets.deleteBucket(bucket.bucket) }
        }
    }
}

extension ConnectionOptions {
    /// The buckets of the account.
    func buckets() throws -> [BucketSummary] {
        try asking(nil) { (buckets) async throws(StoreError) in try await buckets.listBuckets() }
    }

    /// Asks the store about buckets and waits for the answer.
    fileprivate func asking<Value: Sendable>(
        _ address: BucketAddress?, _ body: @escaping @Sendable (RemoteBuckets) async throws(StoreError) -> Value
    ) throws -> Value {
        let client = try client(address, logger: .silent)
        let outcome = waiting { () async -> Result<Value, StoreError> in
            do throws(StoreError) {
                return .success(try await body(RemoteBuckets(client)))
            } catch {
                return .failure(error)
            }
        }
        do throws(StoreError) {
            return try outcome.get()
        } catch {
            throw client.failure(error, bucket: address?.bucket)
        }
    }
}
