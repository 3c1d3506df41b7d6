import Credentials
import Foundation
import ObjectStorage
import RemoteStore

/// The report for programs. Every name is always there; what is not known is null.
extension DoctorReport {
    var json: String {
        let source = client.credentialsSource
        let limits = client.dialect.limits
        return Self.text([
            "bucket": address.bucket.text, "usable": problem == nil, "problem": Self.value(problem?.description),
            "dialect": client.dialect.description, "endpoint": client.endpoint.description, "addressing": addressing, "region": client.region,
            "signature": signature,
            "credentials": [
                "source": Self.value(source?.name), "kind": Self.value(source?.kind), "expires": Self.value(source?.expirationText),
            ],
            "clockSkewSeconds": Self.value(examination.clockSkewSeconds.map { Int($0) }),
            "latencyMilliseconds": Self.value(examination.medianLatency.map(Self.milliseconds)),
            "permissions": Dictionary(uniqueKeysWithValues: Self.permissions.map { ($0.name, Self.value(examination[keyPath: $0.path])) }),
            "fileSystem": Self.value(examination.traits?.isFileSystem), "location": Self.value(examination.traits?.location),
            "versioning": Self.value(examination.versioning), "objectLock": Self.value(examination.objectLock),
            "machine": [
                "kernel": machine.kernel, "fuse": machine.hasFuse, "fusermount": Self.value(machine.fusermount),
                "allowOther": machine.allowsOthers, "openFiles": machine.openFiles, "freeBytes": Self.value(machine.freeBytes),
            ],
            "limits": [
                "minimumPart": Int(limits.minimumPart), "maximumPart": Int(limits.maximumPart), "parts": limits.parts,
                "singlePut": Int(limits.singlePut), "object": Int(limits.object), "metadata": limits.metadata, "key": limits.key,
            ],
            "checksums": capabilities.checksums.map(\.rawValue), "capabilitiesSource": knowledge.rawValue,
            "capabilities": Dictionary(uniqueKeysWithValues: capabilities.table.map { ($0.name, $0.isOffered) }),
        ])
    }

    /// Where the bucket could not even be asked for.
    static func text(_ failure: Failure, bucket: BucketName) -> String {
        text(["bucket": bucket.text, "usable": false, "problem": failure.description])
    }

    private static func text(_ object: [String: Any]) -> String {
        guard let data = try? JSONSerialization.data(withJSONObject: object, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
        else { preconditionFailure("a report holds nothing that JSON cannot") }
        return String(decoding: data, as: UTF8.self)
    }

    private static func value(_ value: Any?) -> Any { value ?? NSNull() }

    private static func value(_ right: BucketExamination.Right) -> Any {
        switch right {
        case .granted: true
        case .refused: false
        case .untested: NSNull()
        }
    }

    private static func value(_ setting: BucketExamination.Setting) -> Any {
        switch setting {
        case .value(let text): text
        case .off: "off"
        case .notOffered: "not-offered"
        case .hidden, .unknown: NSNull()
        }
    }
}
