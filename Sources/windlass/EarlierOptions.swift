import ArgumentParser
import FileSystemTypes
import Logging
import ObjectCommands
import ObjectStorage
import RemoteStore
import Versions
import Volume

/// A moment as `--as-of` takes it.
struct PastMoment: ExpressibleByArgument {
    let time: Timestamp

    init?(argument: String) {
        guard let time = PointInTime.parse(argument, now: .now), time <= .now else { return nil }
        self.time = time
    }
}

/// Which versions of the objects a mount shows besides, or instead of, the latest.
struct EarlierOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Show the bucket as it was then, read-only: 2026-03-14T09:26:53Z, or how long ago: 90s, 15m, 2h, 3d, 1w. For buckets with versions.",
            valueName: "time"))
    var asOf: PastMoment?

    @Flag(help: "Show earlier versions beside the files, as NAME@VERSION, also of deleted files; read-only. For buckets with versions.")
    var versions = false

    func validate() throws {
        guard asOf == nil || !versions else { throw ValidationError("give either --as-of or --versions") }
    }

    /// What was is not written to.
    var isWanted: Bool { versions || asOf != nil }

    func apply(to options: inout VolumeOptions) {
        guard isWanted else { return }
        options.isReadOnly = true
        // What was does not change any more.
        if asOf != nil { options.metadataTTL = VolumeOptions.forever }
    }

    /// The store as it is to be seen.
    func view(of store: any ObjectStore) -> any ObjectStore {
        if let asOf { return PastStore(store, at: asOf.time) }
        return versions ? VersionsStore(store) : store
    }

    /// Fails with one clear line where there are no earlier versions to show.
    func check(_ client: StoreClient, _ bucket: BucketName, logger: Logger) throws {
        guard isWanted else { return }
        let outcome = waiting { () async -> Result<BucketExamination.Setting, StoreError> in
            do throws(StoreError) {
                try ObjectFeature.versions.check(client.dialect)
                return .success(try await BucketExaminer(client, bucket: bucket, folder: "", writes: false, logger: logger).versioning())
            } catch {
                return .failure(error)
            }
        }
        switch outcome {
        case .success(.value): return
        case .success(.off):
            throw Failure(
                "versioning is not on in this bucket: there are no earlier versions to show; windlass bucket versioning set \(bucket) "
                    + "--value Enabled turns it on for what is changed from then on")
        case .success(.notOffered): throw Failure("\(client.endpoint) keeps no versions of objects", code: .notOffered)
        case .success(.hidden), .success(.unknown):
            logger.warning("whether versioning is on in bucket \(bucket) is not told; what it has of earlier versions is shown")
        case .failure(let error): throw client.objectFailure(error, bucket, nil)
        }
    }
}
