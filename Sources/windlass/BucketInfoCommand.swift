import ArgumentParser
import BucketAdministration
import ObjectStorage
import RemoteStore

/// `windlass bucket info`: all that can be known of a bucket.
struct BucketInfoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "info", abstract: "Shows where a bucket lies and how everything in it is set.")
    @Argument(help: "The bucket.") var bucket: BucketAddress
    @Flag(help: "Show it as JSON.") var json = false
    @OptionGroup var connection: ConnectionOptions

    func run() throws {
        let overview = try connection.administering(bucket) { (bucket) async throws(AdministrationError) in
            do throws(StoreError) {
                return try await BucketOverview.ask(bucket)
            } catch {
                throw .store(error)
            }
        }
        if json { return Terminal.say(overview.json.text) }
        let kind = overview.traits.isFileSystem ? "parallel file system" : "objects"
        let head = [["place", overview.traits.location ?? "not told"], ["kind", kind]]
        for line in SettingTable.aligned(head + overview.rows) { Terminal.say(line) }
    }
}

/// `windlass bucket features`: which dialect has what.
struct FeaturesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "features", abstract: "Shows what buckets of each dialect can be set to.")
    @Flag(help: "As Markdown.") var markdown = false

    func run() {
        if markdown { return Terminal.say(FeatureTable.markdown) }
        for line in SettingTable.aligned(FeatureTable.rows) { Terminal.say(line) }
    }
}
