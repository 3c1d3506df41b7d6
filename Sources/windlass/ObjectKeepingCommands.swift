import ArgumentParser
import BucketAdministration
import ObjectCommands
import ObjectStorage
import RemoteStore

struct ObjectRestoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "restore", abstract: "Makes an archived object readable for some days.")
    @Argument(help: "The object.") var address: ObjectAddress
    @Option(help: "For how many days.") var days = 1
    @Option(help: "How fast, in the store's words: Standard, Expedited, Bulk; COS: Bulk, Accelerated.") var tier: String?
    @Option(help: ArgumentHelp("This version of it.", valueName: "id")) var versionId: String?
    @Flag(help: "Return when it can be read.") var wait = false
    @Option(help: ArgumentHelp("With --wait: for at most so long.", valueName: "seconds")) var timeoutSeconds = 86_400
    @Option(help: ArgumentHelp("With --wait: ask every so often.", valueName: "seconds")) var interval = 30
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard days > 0, timeoutSeconds > 0, interval > 0 else { throw ValidationError("days and seconds are at least 1") }
    }

    func run() throws {
        let key = try address.requiredKey()
        let work = try connection.work(address)
        let (days, tier, version) = (days, tier, versionId)
        let isNew = try work.run(key: key) { (commands) async throws(StoreError) in
            do throws(StoreError) {
                return try await commands.restore(key, version: version, days: days, tier: tier)
            } catch {
                guard error.serviceCode == "RestoreAlreadyInProgress" else { throw error }
                return true
            }
        }
        guard wait else { return Terminal.say(isNew ? "the restoration has begun" : "the object is readable, for \(days) days from now on") }
        Terminal.say("readable: \(try waitUntilReadable(key, work))")
    }

    private func waitUntilReadable(_ key: Key, _ work: ObjectWork) throws -> String {
        let (deadline, interval, version) = (ContinuousClock.now + .seconds(timeoutSeconds), interval, versionId)
        let text = try work.run(key: key) { (commands) async throws(StoreError) -> String? in
            while true {
                if case .readable(let text) = try await commands.restoration(of: key, version: version) { return text }
                let next = ContinuousClock.now + .seconds(interval)
                guard next <= deadline, (try? await Task.sleep(until: next)) != nil else { return nil }
            }
        }
        guard let text else { throw Failure("\(key) cannot be read after \(timeoutSeconds) seconds; the restoration goes on") }
        return text
    }
}

struct ObjectRetentionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retention", abstract: "Shows and changes until when an object can be neither changed nor deleted.",
        subcommands: [Get.self, Set.self, Extend.self])

    struct Get: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "get", abstract: "Shows it.")
        @Argument(help: "The object.") var address: ObjectAddress
        @Option(help: ArgumentHelp("That of this version.", valueName: "id")) var versionId: String?
        @Flag(help: "As a JSON object.") var json = false
        @OptionGroup var connection: ConnectionOptions

        func run() throws {
            let (key, version) = (try address.requiredKey(), versionId)
            let found = try connection.work(address).run(key: key) { (commands) async throws(StoreError) in
                try await commands.retention(of: key, version: version)
            }
            ShownPairs(found).show(json: json, nothing: "not set")
        }
    }

    struct Set: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "set", abstract: "Sets it, in buckets with an object lock; without a mode it is taken away.")
        @Argument(help: "The object.") var address: ObjectAddress
        @Argument(help: "COMPLIANCE, or GOVERNANCE (S3, IBM COS).") var mode: String?
        @Argument(help: ArgumentHelp("Until when, as in 2030-01-31T00:00:00Z.", valueName: "date")) var until: String?
        @Option(help: ArgumentHelp("That of this version.", valueName: "id")) var versionId: String?
        @Flag(help: "Make a retention of the mode GOVERNANCE shorter.") var bypassGovernance = false
        @OptionGroup var connection: ConnectionOptions

        func validate() throws {
            guard (mode == nil) == (until == nil) else { throw ValidationError("give a mode and a date, or neither") }
        }

        func run() throws {
            let (key, mode, until, version, bypass) = (try address.requiredKey(), mode, until, versionId, bypassGovernance)
            try connection.work(address).run(key: key) { (commands) async throws(StoreError) in
                try await commands.setRetention(of: key, version: version, mode: mode, until: until, bypassesGovernance: bypass)
            }
        }
    }

    struct Extend: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "extend", abstract: "Makes it longer (IBM COS): one of these ways.")
        @Argument(help: "The object.") var address: ObjectAddress
        @Option(help: ArgumentHelp("So long from its making on.", valueName: "seconds")) var period: Int64?
        @Option(help: ArgumentHelp("So much longer.", valueName: "seconds")) var additional: Int64?
        @Option(help: ArgumentHelp("So long from now on.", valueName: "seconds")) var fromNow: Int64?
        @Option(help: ArgumentHelp("Until then, as in 2030-01-31T00:00:00Z.", valueName: "date")) var until: String?
        @Flag(help: "For as long as nobody says otherwise.") var indefinite = false
        @OptionGroup var connection: ConnectionOptions

        private var ways: [ObjectCommands.Extension] {
            [
                period.map { .period($0) }, additional.map { .additional($0) }, fromNow.map { .fromNow($0) }, until.map { .until($0) },
                indefinite ? .period(-1) : nil,
            ].compactMap(\.self)
        }

        func validate() throws {
            guard ways.count == 1 else { throw ValidationError("give one of --period, --additional, --from-now, --until and --indefinite") }
        }

        func run() throws {
            let (key, way) = (try address.requiredKey(), ways[0])
            try connection.work(address).run(key: key) { (commands) async throws(StoreError) in
                try await commands.extendRetention(of: key, way)
            }
        }
    }
}

struct ObjectLegalHoldCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "legal-hold", abstract: "Shows, adds and removes holds that keep an object as it is.",
        subcommands: [List.self, Add.self, Remove.self])

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "Shows them; in buckets with an object lock there is at most one, ON.")
        @Argument(help: "The object.") var address: ObjectAddress
        @Option(help: ArgumentHelp("Those of this version.", valueName: "id")) var versionId: String?
        @OptionGroup var connection: ConnectionOptions

        func run() throws {
            let (key, version) = (try address.requiredKey(), versionId)
            let holds = try connection.work(address).run(key: key) { (commands) async throws(StoreError) in
                try await commands.holds(on: key, version: version)
            }
            for line in SettingTable.aligned(holds.map { [$0.id, $0.since ?? ""] }) { Terminal.say(line) }
        }
    }

    struct Choice: ParsableArguments {
        @Argument(help: "The object.") var address: ObjectAddress
        @Argument(help: "Its name (IBM COS, buckets with a protection policy).") var name: String?
        @Option(help: ArgumentHelp("That of this version.", valueName: "id")) var versionId: String?
        @OptionGroup var connection: ConnectionOptions

        func set(_ isOn: Bool) throws {
            let (key, name, version) = (try address.requiredKey(), name, versionId)
            try connection.work(address).run(key: key) { (commands) async throws(StoreError) in
                try await commands.setHold(on: key, version: version, name: name, isOn: isOn)
            }
        }
    }

    struct Add: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "add", abstract: "Adds a hold.")
        @OptionGroup var choice: Choice
        func run() throws { try choice.set(true) }
    }

    struct Remove: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "remove", abstract: "Removes a hold.")
        @OptionGroup var choice: Choice
        func run() throws { try choice.set(false) }
    }
}
