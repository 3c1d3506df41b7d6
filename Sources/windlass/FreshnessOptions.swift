import ArgumentParser
import Foundation
import Logging
import MetadataCache
import ObjectStorage
import RemoteStore
import Staging
import Threads
import Volume

enum ConsistencyChoice: String, ExpressibleByArgument, CaseIterable {
    case closeToOpen = "close-to-open"
    case ttl, frozen
}

/// How long what the store said is believed, and where it is remembered.
struct FreshnessOptions: ParsableArguments {
    @Option(
        name: .customLong("metadata-ttl"),
        help: ArgumentHelp("How long names and attributes that the store has told are believed.", valueName: "seconds"))
    var metadataTTL = 1.0

    @Option(help: "When the store is asked whether a file has changed: at each open (close-to-open), when --metadata-ttl is over, or never (frozen).")
    var consistency = ConsistencyChoice.ttl

    @Option(
        help: ArgumentHelp(
            "Folder in which attributes of objects are remembered from mount to mount, or off. Default: ~/.cache/windlass/metadata.",
            valueName: "folder"))
    var metadataCache: String?

    @Option(help: ArgumentHelp("How much of the disk remembered attributes may take, e.g. 100M.", valueName: "size"))
    var metadataCacheSize = ByteSize(256 << 20)

    func validate() throws {
        guard (0...31_536_000).contains(metadataTTL) else { throw ValidationError("--metadata-ttl is 0 to 31536000 seconds") }
        guard metadataCacheSize.bytes >= 1 << 20 else { throw ValidationError("--metadata-cache-size is at least 1M") }
    }

    func apply(to options: inout VolumeOptions) {
        options.metadataTTL = .seconds(metadataTTL)
        switch consistency {
        case .closeToOpen: options.revalidatesAtOpen = true
        case .ttl: break
        case .frozen: options.metadataTTL = VolumeOptions.forever
        }
    }

    /// What earlier mounts of the bucket have asked; nil where nothing is to be remembered, or no place is known for it.
    ///
    /// What is remembered of earlier versions is kept apart: it would take the place of what is remembered of the latest.
    func openCache(
        _ client: StoreClient, _ bucket: BucketName, _ capabilities: Capabilities, ofEarlier: Bool, logger: Logger
    ) -> MetadataCache? {
        guard metadataCache != "off", let folder = metadataCache ?? Self.standardFolder else { return nil }
        let identity = MountIdentity(endpoint: client.endpoint.description, bucket: bucket, prefix: ofEarlier ? "?versions" : "")
        var options = MetadataCache.Options()
        options.maximumBytes = metadataCacheSize.bytes
        // Such a change leaves ETag, size and age as they are: no listing shows it.
        if capabilities.replaceAttributes { options.lifetime = .seconds(60) }
        do throws(ThreadError) {
            let path = URL(filePath: folder).appending(path: identity.folderName + ".sqlite").path
            return try MetadataCache(path: path, options: options, logger: logger)
        } catch {
            logger.warning("attributes are not remembered from mount to mount: \(error)")
            return nil
        }
    }

    private static var standardFolder: String? {
        let environment = ProcessInfo.processInfo.environment
        let named = environment["XDG_CACHE_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
        return (named ?? environment["HOME"].map { $0 + "/.cache" }).map { $0 + "/windlass/metadata" }
    }
}
