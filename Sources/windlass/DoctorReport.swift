import Credentials
import Foundation
import Logging
import ObjectStorage
import RemoteStore

/// What `windlass doctor` says: the examination together with how the bucket is reached. Holds no secret.
struct DoctorReport {
    /// Where the table of capabilities came from.
    enum Knowledge: String {
        case tried
        case remembered
        case known
    }

    let client: StoreClient
    let address: BucketAddress
    let examination: BucketExamination
    let capabilities: Capabilities
    let knowledge: Knowledge
    let machine = MachineExamination.now()

    init(_ client: StoreClient, _ address: BucketAddress, _ examination: BucketExamination, remembered: Capabilities?, logger: Logger) {
        self.client = client
        self.address = address
        self.examination = examination
        let search = CapabilitySearch(client, bucket: address.bucket, logger: logger)
        if let tried = examination.capabilities {
            (capabilities, knowledge) = (tried, .tried)
        } else if let remembered {
            (capabilities, knowledge) = (remembered, .remembered)
        } else {
            let isFileSystem = examination.traits?.isFileSystem == true
            (capabilities, knowledge) = (isFileSystem ? search.known.onFileSystem : search.known, .known)
        }
    }

    /// The one line that says what to do; nil when the bucket can be used.
    var problem: Failure? {
        if let error = examination.problem { return client.failure(error, bucket: address.bucket) }
        let name = address.bucket
        if examination.read == .refused { return Failure("the keys may not read objects of bucket \(name); allow it in its policy") }
        if examination.write == .refused {
            return Failure("the keys may not write to bucket \(name); allow it in its policy, or mount with --read-only")
        }
        if examination.delete == .refused {
            return Failure("the keys may not delete from bucket \(name), so that nothing can be renamed or removed; allow it in its policy")
        }
        return machine.problem
    }

    /// Whose signature the requests carry.
    var signature: String {
        switch client.credentialsSource?.kind {
        case "access token": "bearer"
        case "no credentials": "none"
        default: client.signature.rawValue
        }
    }

    var addressing: String { client.addressing(of: address.bucket).rawValue }

    static let permissions: [(name: String, path: any KeyPath<BucketExamination, BucketExamination.Right> & Sendable)] = [
        ("list", \.list), ("read", \.read), ("write", \.write), ("delete", \.delete),
    ]

    // MARK: Text

    var text: String {
        let rows = storeRows + machine.rows + bucketRows + capabilityRows
        let width = rows.map(\.name.count).max() ?? 0
        return rows.map { "\($0.name.padding(toLength: width, withPad: " ", startingAt: 0))  \($0.value)" }.joined(separator: "\n")
    }

    private typealias Row = (name: String, value: String)

    private var storeRows: [Row] {
        [
            ("bucket", address.bucket.text), ("dialect", "\(client.dialect) (\(client.dialect.family.title))"),
            ("endpoint", client.endpoint.description), ("addressing", addressing), ("region", client.region), ("signature", signature),
            ("credentials", client.credentialsSource?.description ?? "none found"), ("clock", clock), ("latency", latency),
        ]
    }

    private var clock: String {
        guard let skew = examination.clockSkewSeconds else { return "unknown" }
        guard abs(skew) > 1 else { return "agrees with the store's" }
        let allowed = abs(skew) > 60 ? "; set this machine's clock (requests allow for it meanwhile)" : ""
        return "the store's is \(abs(skew)) s \(skew > 0 ? "ahead" : "behind")\(allowed)"
    }

    private var latency: String {
        guard let median = examination.medianLatency else { return "unknown" }
        return "\(Self.milliseconds(median)) ms for a HEAD (median of \(examination.latencies.count))"
    }

    private var bucketRows: [Row] {
        let limits = client.dialect.limits
        return Self.permissions.map { (name: "may \($0.name)", value: Self.word(examination[keyPath: $0.path])) } + [
            ("kind", examination.traits.map { $0.isFileSystem ? "parallel file system" : "objects" } ?? "unknown"),
            ("location", examination.traits?.location ?? "not told"), ("versioning", examination.versioning.description),
            ("object lock", examination.objectLock.description), ("smallest part", "\(limits.minimumPart) bytes"),
            ("largest object", "\(limits.object) bytes"), ("user metadata", "\(limits.metadata) bytes"),
            ("checksums", capabilities.checksums.map(\.rawValue).joined(separator: ", ")),
        ]
    }

    private var capabilityRows: [Row] {
        let source: String =
            switch knowledge {
            case .tried: "tried out now"
            case .remembered: "remembered from a mount"
            case .known: "known of every such bucket; --write tries out the rest"
            }
        return [("capabilities", source)] + capabilities.table.map { (name: "  \($0.name)", value: $0.isOffered ? "yes" : "no") }
    }

    private static func word(_ right: BucketExamination.Right) -> String {
        switch right {
        case .granted: "yes"
        case .refused: "no"
        case .untested: "not tried"
        }
    }

    static func milliseconds(_ duration: Duration) -> Double {
        (duration / .microseconds(1)).rounded() / 1000
    }
}
