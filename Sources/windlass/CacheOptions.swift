import ArgumentParser
import BlockCache
import Foundation
import Logging
import Memory

/// A number of bytes, or 0 for none at all.
struct ByteSizeOrNone: ExpressibleByArgument {
    let bytes: Int64

    init(_ bytes: Int64) {
        self.bytes = bytes
    }

    init?(argument: String) {
        guard let bytes = argument == "0" ? 0 : ByteSize(argument: argument)?.bytes else { return nil }
        self.bytes = bytes
    }

    var defaultValueDescription: String { ByteSize(bytes).defaultValueDescription }
}

/// What has been read is kept for the next time.
struct CacheOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Folder on a local disk for what has been read; several mounts may share it. 0 for none, which is the default.", valueName: "folder"))
    var cacheDir: String?

    @Option(help: ArgumentHelp("With --cache-dir: how much of the disk it may take, e.g. 50G; 0 for no cache on the disk.", valueName: "size"))
    var cacheSize = ByteSizeOrNone(10 << 30)

    func validate() throws {
        guard cacheSize.bytes == 0 || cacheSize.bytes >= DiskCacheOptions.smallestLimit else {
            throw ValidationError("--cache-size is 0 or at least \(DiskCacheOptions.smallestLimit >> 20)M")
        }
        guard cacheDir?.isEmpty != true else { throw ValidationError("--cache-dir names a folder, or is 0") }
    }

    /// On the disk, and before it in memory within `memory`. Nil where none is wanted: then what was read is left to the kernel's page cache, and
    /// reads from anywhere are fetched exactly rather than in whole blocks.
    func open(_ memory: MemoryBudget, _ logger: Logger) throws -> BlockCache? {
        guard let cacheDir, cacheDir != "0", cacheSize.bytes > 0 else { return nil }
        // A daemon has another working directory. A folder of their own, so that `--cache-dir ~/.cache/windlass` is as good as any other.
        let folder = URL(filePath: cacheDir).standardizedFileURL.path + "/blocks"
        do throws(CacheError) {
            return try BlockCache(memory: memory, disk: DiskCacheOptions(folder: folder, limit: cacheSize.bytes), logger: logger)
        } catch {
            throw Failure(error.message)
        }
    }
}
