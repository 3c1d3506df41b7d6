import ArgumentParser
import Memory
import Reading

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
        MemoryBudget(limit: Int(memoryLimit?.bytes ?? MachineMemory.defaultLimit))
    }
}
