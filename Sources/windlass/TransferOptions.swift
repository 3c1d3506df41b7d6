import ArgumentParser
import RemoteStore
import Synchronization
import Transfers

/// A pattern of `--include` or `--exclude`, with its place on the command line: the order of both together counts.
struct OrderedPattern: ExpressibleByArgument {
    private static let last = Mutex(0)

    let text: String
    let place: Int

    init?(argument: String) {
        guard !argument.isEmpty else { return nil }
        text = argument
        place = Self.last.withLock { last in
            last += 1
            return last
        }
    }
}

/// How files are transferred, whatever the command.
struct TransferOptions: ParsableArguments {
    enum Shown: String, ExpressibleByArgument, CaseIterable {
        /// A bar where standard error is a terminal, and lines of JSON where standard output is none.
        case auto
        case bar
        case json
        case none
    }

    @Option(help: ArgumentHelp("Only what the pattern matches; the last --include or --exclude that matches decides.", valueName: "pattern"))
    var include: [OrderedPattern] = []

    @Option(help: ArgumentHelp("Not what the pattern matches: *.tmp, cache/**, [a-c]?; several times.", valueName: "pattern"))
    var exclude: [OrderedPattern] = []

    @Flag(help: "Say what would be done, and do nothing.") var dryRun = false

    @Flag(help: "Take symbolic links for what they point to. Default: links in folders are left out.") var follow = false

    @Option(help: ArgumentHelp("Files and parts on their way at the same time; fewer where the store throttles.", valueName: "n"))
    var parallel = 16

    @Option(help: ArgumentHelp("Larger files go in parts of this size.", valueName: "size"))
    var partSize = ByteCount(16 << 20)

    @Option(help: ArgumentHelp("Bytes a second at most, all together, e.g. 10M.", valueName: "rate"))
    var bandwidth: ByteCount?

    @Option(help: "What shows how far it is: bar, json (events as lines), none, or auto: a bar on a terminal, json elsewhere.")
    var progress = Shown.auto

    @Flag(help: "Begin anew: what an interrupted transfer has left is taken away first.") var restart = false

    @OptionGroup var target: TargetOptions

    func validate() throws {
        guard (1...64).contains(parallel) else { throw ValidationError("--parallel is 1 to 64") }
        guard partSize.bytes >= 64 << 10 else { throw ValidationError("--part-size is at least 64K") }
        guard bandwidth?.bytes ?? .max >= 1 << 10 else { throw ValidationError("--bandwidth is at least 1K") }
    }

    var filter: PathFilter {
        let rules = include.map { ($0, true) } + exclude.map { ($0, false) }
        return PathFilter(rules.sorted { $0.0.place < $1.0.place }.map { PathFilter.Rule(PathPattern($0.0.text), includes: $0.1) })
    }

    /// What the filter says, for telling jobs apart.
    var filterFacts: [String] {
        let rules = include.map { ($0.place, "+" + $0.text) } + exclude.map { ($0.place, "-" + $0.text) }
        return rules.sorted { $0.0 < $1.0 }.map(\.1)
    }
}

/// The store of the target, where it is another than that of the source.
struct TargetOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Between two stores: address of the target's. Default: as of its dialect, from the environment.", valueName: "url"))
    var targetEndpoint: String?

    @Option(help: ArgumentHelp("Between two stores: region of the target's.", valueName: "name"))
    var targetRegion: String?

    @Option(help: ArgumentHelp("Between two stores: credentials file for the target's.", valueName: "file[:section]"))
    var targetCredentials: CredentialsFile?

    @Option(help: ArgumentHelp("Between two stores: profile for the target's.", valueName: "name"))
    var targetProfile: String?

    /// Whether another store is named.
    var isGiven: Bool { targetEndpoint != nil || targetRegion != nil || targetCredentials != nil || targetProfile != nil }

    func validate() throws {
        guard targetCredentials == nil || targetProfile == nil else {
            throw ValidationError("--target-credentials and --target-profile exclude each other")
        }
    }

    /// How the target is reached. What is not said of it comes from the environment, as everywhere.
    func connection(like source: ConnectionOptions) -> ConnectionOptions {
        var connection = source
        connection.endpoint = targetEndpoint
        connection.region = targetRegion
        connection.dialect = nil
        connection.customDomain = nil
        connection.addressing = .auto
        connection.signature = nil
        if let targetCredentials { (connection.credentials.credentials, connection.credentials.profile) = (targetCredentials, nil) }
        if let targetProfile { (connection.credentials.credentials, connection.credentials.profile) = (nil, targetProfile) }
        return connection
    }
}
