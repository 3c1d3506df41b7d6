import ArgumentParser
import FileSystemTypes
import Staging
import Volume

/// A number of bytes, with a binary unit: 500M, 10G, 1T.
struct ByteSize: ExpressibleByArgument {
    let bytes: Int64

    init(_ bytes: Int64) {
        self.bytes = bytes
    }

    init?(argument: String) {
        let units: [Character: Int64] = ["K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40]
        let unit = argument.uppercased().last.flatMap { units[$0] }
        let digits = unit == nil ? argument : String(argument.dropLast())
        guard let number = Int64(digits), number > 0 else { return nil }
        let (bytes, overflow) = number.multipliedReportingOverflow(by: unit ?? 1)
        guard !overflow else { return nil }
        self.bytes = bytes
    }

    var defaultValueDescription: String {
        bytes % (1 << 30) == 0 ? "\(bytes >> 30)G" : bytes % (1 << 20) == 0 ? "\(bytes >> 20)M" : "\(bytes)"
    }
}

enum FsyncRule: String, ExpressibleByArgument, CaseIterable {
    case remote, local
}

enum ConflictChoice: String, ExpressibleByArgument, CaseIterable {
    case fail
    case keepBoth = "keep-both"
    case overwrite

    var rule: ConflictRule {
        switch self {
        case .fail: .fail
        case .keepBoth: .keepBoth
        case .overwrite: .overwrite
        }
    }
}

enum AppendChoice: String, ExpressibleByArgument, CaseIterable {
    case auto, native, copy

    var rule: AppendRule {
        switch self {
        case .auto: .automatic
        case .native: .native
        case .copy: .copy
        }
    }
}

/// How what programs write gets into the store.
struct WriteOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Folder on a local disk for files being written and the journal. Default: ~/.local/state/windlass.", valueName: "folder"))
    var stateDir: String?

    @Option(help: ArgumentHelp("How much of the local disk files being written may take, e.g. 500M.", valueName: "size"))
    var stagingSize = ByteSize(10 << 30)

    @Flag(help: "Let close return when the local disk has the file; its upload follows.")
    var writeBack = false

    @Option(help: ArgumentHelp("With --write-back: how long an upload waits for further changes.", valueName: "seconds"))
    var writeBackDelay = 0.0

    @Option(help: "What fsync waits for: remote or local.")
    var fsync = FsyncRule.remote

    @Option(help: "What to do when somebody else has changed the object of a file that was changed here: fail, keep-both or overwrite.")
    var onConflict = ConflictChoice.fail

    @Option(help: "How files opened for appending are stored: auto, native or copy.")
    var append = AppendChoice.auto

    @Flag(help: "Several machines append to the same objects: put what is added here behind what others have added.")
    var sharedAppend = false

    func validate() throws {
        guard (0...86_400).contains(writeBackDelay) else { throw ValidationError("--write-back-delay is 0 to 86400 seconds") }
        guard stagingSize.bytes >= 64 << 20 else { throw ValidationError("--staging-size is at least 64M") }
    }

    func apply(to options: inout VolumeOptions) {
        options.writesBack = writeBack
        options.writeBackDelay = .seconds(writeBackDelay)
        options.syncsLocally = fsync == .local
        options.onConflict = onConflict.rule
        options.appends = append.rule
        options.sharesAppends = sharedAppend
    }

    /// Takes possession of the state folder of a mount, and tells what the mount before has left.
    func openState(_ identity: MountIdentity, _ crash: CrashPoint?) throws -> (StateFolder, Recovered) {
        do throws(StateError) {
            let base = try StateLocation.base(stateDir)
            var options = StateFolder.Options()
            options.stagingLimit = stagingSize.bytes
            guard let crash else { return try StateFolder.open(identity, base: base, options: options) }
            options.onCommit = { crash.reached($0 ? "journal.after" : "journal.before") }
            return try StateFolder.open(identity, base: base, options: options, files: CrashingFiles(base: SystemFiles(), point: crash))
        } catch {
            throw Failure(error.message)
        }
    }
}
