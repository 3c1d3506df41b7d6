import ArgumentParser
import BucketAdministration
import Foundation
import ObjectStorage
import RemoteStore

/// Which row of the table of features a command is for.
protocol FeatureChoice: Sendable {
    static var feature: BucketFeature { get }
}

/// `windlass bucket FEATURE get|set|delete`: the same for all features.
struct FeatureCommand<Choice: FeatureChoice>: ParsableCommand {
    static var configuration: CommandConfiguration {
        let feature = Choice.feature
        let verbs: [(BucketFeature.Verb, any ParsableCommand.Type)] = [(.get, Get.self), (.set, Set.self), (.delete, Delete.self)]
        let offered = verbs.filter { feature.verbs.contains($0.0) }
        let words = offered.count == 1 ? "Shows" : "Shows and changes"
        return CommandConfiguration(commandName: feature.name, abstract: "\(words) \(feature.title).", subcommands: offered.map(\.1))
    }

    struct Get: ParsableCommand {
        static var configuration: CommandConfiguration { CommandConfiguration(commandName: "get", abstract: "Shows \(Choice.feature.title).") }
        @Argument(help: "The bucket.") var bucket: BucketAddress
        @Argument(help: "Which one, where there are several; without it all are shown.") var name: String?
        @OptionGroup var form: ShownForm
        @OptionGroup var connection: ConnectionOptions

        func run() throws {
            let setting = try connection.administering(bucket) { (bucket) async throws(AdministrationError) in
                try await bucket.get(Choice.feature, item: name)
            }
            form.show(setting)
        }
    }

    struct Set: ParsableCommand {
        static var configuration: CommandConfiguration { CommandConfiguration(commandName: "set", abstract: "Changes \(Choice.feature.title).") }
        @Argument(help: "The bucket.") var bucket: BucketAddress
        @Argument(
            help: ArgumentHelp("The document's file, - for standard input; before it which one is meant, where there are several.", valueName: "file")
        )
        var words: [String] = []
        @OptionGroup var source: DocumentSource
        @OptionGroup var connection: ConnectionOptions

        func run() throws {
            let (feature, source) = (Choice.feature, source)
            let client = try connection.client(bucket, logger: .silent)
            let administration = connection.administration(client, bucket.bucket)
            let change = try Administering(client, bucket.bucket).run { () async throws(AdministrationError) in
                let form = try administration.form(feature, .set)
                let (item, wish) = try source.wish(feature, form, words: words)
                return try await administration.set(feature, wish, item: item, dryRun: source.dryRun)
            }
            if source.dryRun { ShownForm.show(change) }
        }
    }

    struct Delete: ParsableCommand {
        static var configuration: CommandConfiguration { CommandConfiguration(commandName: "delete", abstract: "Removes \(Choice.feature.title).") }
        @Argument(help: "The bucket.") var bucket: BucketAddress
        @Argument(help: "Which one, where there are several.") var name: String?
        @Flag(help: "Show what would change, and change nothing.") var dryRun = false
        @OptionGroup var connection: ConnectionOptions

        func run() throws {
            let change = try connection.administering(bucket) { (bucket) async throws(AdministrationError) in
                try await bucket.delete(Choice.feature, item: name, dryRun: dryRun)
            }
            if dryRun { ShownForm.show(change) }
        }
    }
}
