import ArgumentParser
import Memory
import Reading
import Volume

/// How files are read, and how much memory that may take.
struct ReadingOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Memory for what grows with use, foremost for reading ahead, e.g. 256M. Default: a quarter of the machine's, up to 512M.",
            valueName: "size"))
    var memoryLimit: ByteSize?

    @Option(help: ArgumentHelp("Files up to this size are fetched whole when they are first read.", valueName: "size"))
    var smallFileLimit = ByteSize(1 << 20)

    func validate() throws {
        if let memoryLimit, memoryLimit.bytes < 16 << 20 { throw ValidationError("--memory-limit is at least 16M") }
        guard smallFileLimit.bytes <= 64 << 20 else { throw ValidationError("--small-file-limit is at most 64M") }
    }

    var readOptions: ReadOptions {
        var options = ReadOptions()
        options.smallFile = smallFileLimit.bytes
        return options
    }

    func memory() -> MemoryBudget {
        MemoryBudget(limit: limit)
    }

    private var limit: Int { Int(memoryLimit?.bytes ?? MachineMemory.defaultLimit) }

    /// A quarter of the limit for what is known of files, an eighth for names that listings have shown.
    var maximumInodes: Int { max(5000, limit / 4 / VolumeOptions.bytesPerInode) }
    var maximumListedNames: Int { max(4000, min(50_000, limit / 8 / VolumeOptions.bytesPerListedName)) }
}
