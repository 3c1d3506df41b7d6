import ArgumentParser
import BucketAdministration
import FileSystemTypes
import Foundation
import ObjectStorage
import RemoteStore

/// `windlass bucket uploads`: multipart uploads that nobody finished.
struct UploadsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "uploads", abstract: "Shows and aborts multipart uploads that were not finished.", subcommands: [Get.self, Delete.self])

    struct Choice: ParsableArguments {
        @Argument(help: "The bucket, perhaps with a prefix.") var bucket: BucketAddress
        @Option(help: ArgumentHelp("Only those that were begun so long ago, as in 7d, 12h or 30m.", valueName: "age")) var olderThan: String?
        @OptionGroup var connection: ConnectionOptions

        func validate() throws {
            guard olderThan.map({ UnfinishedUploads.age($0) != nil }) ?? true else {
                throw ValidationError("--older-than is a number with s, m, h, d or w, as in 7d")
            }
        }

        /// A store of the bucket, and the uploads that are meant.
        func found() throws -> (store: RetryingStore<RemoteStore>, administering: Administering, uploads: [Upload]) {
            let client = try connection.client(bucket, logger: .silent)
            let store = RetryingStore(RemoteStore(client, bucket: bucket.bucket), policy: connection.retryPolicy, logger: .silent)
            let administering = Administering(client, bucket.bucket)
            let prefix = Key(bucket.prefix)
            let all = try administering.run { () async throws(AdministrationError) in
                do throws(StoreError) {
                    return try await store.listUploads(prefix: prefix)
                } catch {
                    throw .store(error)
                }
            }
            let age = olderThan.flatMap { UnfinishedUploads.age($0) }
            return (store, administering, UnfinishedUploads(all, olderThan: age, now: .now).uploads)
        }
    }

    struct Get: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "get", abstract: "Shows them, the oldest first.", aliases: ["list"])
        @OptionGroup var choice: Choice
        @Flag(help: "Show them as JSON.") var json = false

        func run() throws {
            let uploads = try choice.found().uploads.sorted { ($0.initiated?.seconds ?? 0) < ($1.initiated?.seconds ?? 0) }
            if json { return Terminal.say(JSONValue.array(uploads.map(UploadsCommand.json)).text) }
            guard !uploads.isEmpty else { return Terminal.say("none") }
            let rows = uploads.map { [UploadsCommand.age($0), $0.id.text, "\($0.key)"] }
            for line in SettingTable.aligned([["AGE", "ID", "KEY"]] + rows) { Terminal.say(line) }
        }
    }

    struct Delete: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "delete", abstract: "Aborts them: their parts are gone.", aliases: ["abort"])
        @OptionGroup var choice: Choice
        @Flag(help: "All of them, however young: also those that are being made right now.") var all = false
        @Flag(help: "Show what would be aborted, and abort nothing.") var dryRun = false

        func validate() throws {
            guard all != (choice.olderThan != nil) else { throw ValidationError("give --older-than or --all") }
        }

        func run() throws {
            let (store, administering, uploads) = try choice.found()
            for upload in uploads {
                if !dryRun {
                    try administering.run { () async throws(AdministrationError) in try await UploadsCommand.abort(upload, store) }
                }
                Terminal.say("\(dryRun ? "would abort" : "aborted")  \(UploadsCommand.age(upload))  \(upload.key)")
            }
        }
    }

    /// One that is gone meanwhile is as good as aborted.
    private static func abort(_ upload: Upload, _ store: RetryingStore<RemoteStore>) async throws(AdministrationError) {
        do throws(StoreError) {
            try await store.abortUpload(upload)
        } catch {
            guard error.reason == .noSuchUpload else { throw .store(error) }
        }
    }

    private static func age(_ upload: Upload) -> String {
        upload.initiated.map { UnfinishedUploads.text(ofAge: Timestamp.now.seconds - $0.seconds) } ?? "?"
    }

    private static func json(_ upload: Upload) -> JSONValue {
        let begun = upload.initiated.map { Date(timeIntervalSince1970: TimeInterval($0.seconds)).ISO8601Format() }
        return ["Key": .string("\(upload.key)"), "UploadId": .string(upload.id.text), "Initiated": begun.map { .string($0) } ?? .null]
    }
}
