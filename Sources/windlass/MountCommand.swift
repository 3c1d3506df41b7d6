import ArgumentParser
import FuseBridge
import Glibc
import Memory
import ObjectStorage
import Volume

/// Permission bits, written in octal as for chmod(1).
struct OctalMode: ExpressibleByArgument {
    let bits: UInt16

    init?(argument: String) {
        guard let bits = UInt16(argument, radix: 8), bits <= 0o7777 else { return nil }
        self.bits = bits
    }
}

struct MountCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mount", abstract: "Mounts a bucket at a directory.",
        discussion: """
            The command returns when the mount answers; unmount it with: windlass unmount DIR.
            With a configuration file, `windlass mount NAME` mounts [mounts.NAME] of it: see the README.
            """)

    @Argument(
        help: ArgumentHelp("The bucket, or an address with dialect and prefix: s3://bucket/prefix, obs://, cos://, oos://.", valueName: "bucket"))
    var address: BucketAddress

    @Argument(help: ArgumentHelp("An empty directory.", valueName: "dir"))
    var directory: String

    @OptionGroup var connection: ConnectionOptions

    @Option(help: ArgumentHelp("Mount only the keys below this prefix.", valueName: "prefix"))
    var prefix: String?

    @Flag(help: "Allow no changes.")
    var readOnly = false

    @OptionGroup var earlier: EarlierOptions

    @Option(help: "Owner of what has none stored with it. Default: you.")
    var uid: UInt32?

    @Option(help: "Group of what has none stored with it. Default: yours.")
    var gid: UInt32?

    @Option(help: ArgumentHelp("Permissions of files that have none stored with them, in octal. Default: 644.", valueName: "mode"))
    var fileMode: OctalMode?

    @Option(help: ArgumentHelp("Permissions of folders that have none stored with them, in octal. Default: 755.", valueName: "mode"))
    var dirMode: OctalMode?

    @Option(help: ArgumentHelp("Permissions to leave out where --file-mode or --dir-mode is not given, in octal.", valueName: "mode"))
    var umask: OctalMode?

    @Option(
        help: ArgumentHelp(
            "What the store can do: auto (known, remembered or tried out), probe (tried out now), known (never tried out).", valueName: "source"))
    var capabilities = CapabilityFinding.Source.auto

    @Flag(help: "Let other users in, too.")
    var allowOther = false

    @Option(
        help: ArgumentHelp(
            "A further option for the kernel, as mount(8) knows it: nosuid, nodev, noexec. Can be given several times.", valueName: "option"))
    var kernelOption: [String] = []

    @Flag(name: [.customLong("foreground"), .customShort("f")], help: "Stay in the foreground and log to standard error.")
    var foreground = false

    @OptionGroup var requests: RequestOptions

    @OptionGroup var attributes: AttributeOptions

    @OptionGroup var reading: ReadingOptions

    @OptionGroup var caching: CacheOptions

    @OptionGroup var writing: WriteOptions

    @OptionGroup var freshness: FreshnessOptions

    @OptionGroup var log: LogOptions

    @OptionGroup var metrics: MetricsOptions

    func run() throws {
        if !foreground { throw ExitCode(try Daemon.start()) }
        CrashReports.withholdMemory()
        Allocator.keepBuffers()
        try MountRun(self).run()
    }

    func validate() throws {
        guard prefix == nil || address.prefix.isEmpty else {
            throw ValidationError("give the prefix either in the bucket's address or with --prefix")
        }
    }

    // MARK: What the layers below are told

    func volumeOptions() -> VolumeOptions {
        var options = VolumeOptions()
        options.prefix = Key(effectivePrefix)
        options.isReadOnly = readOnly
        options.userID = uid ?? getuid()
        options.groupID = gid ?? getgid()
        let masked = umask?.bits ?? 0o022
        options.filePermissions = fileMode?.bits ?? (0o666 & ~masked)
        attributes.apply(to: &options)
        writing.apply(to: &options)
        freshness.apply(to: &options)
        earlier.apply(to: &options)
        options.maximumInodes = reading.maximumInodes
        options.maximumListedNames = reading.maximumListedNames
        options.directoryPermissions = dirMode?.bits ?? (0o777 & ~masked)
        return options
    }

    func mountOptions(at mountPoint: String) -> MountOptions {
        let name = effectivePrefix.isEmpty ? address.bucket.text : "\(address.bucket.text)/\(effectivePrefix)"
        var options = MountOptions(mountPoint: mountPoint, fsName: "windlass:\(name)")
        options.readOnly = allowsNoChanges
        options.allowOther = allowOther
        options.extra = kernelOption
        options.accessControlLists = attributes.posix == .on
        return options
    }

    var allowsNoChanges: Bool { readOnly || earlier.isWanted }

    var effectivePrefix: String {
        prefix.map(BucketAddress.folder) ?? address.prefix
    }
}
