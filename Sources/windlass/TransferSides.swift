import FileSystemTypes
import Foundation
import ObjectCommands
import ObjectStorage
import RemoteStore
import Requests
import Transfers

/// Both sides of a transfer, reached.
struct TransferSides {
    let connection: ConnectionOptions
    let options: TransferOptions

    /// Files of this machine to a bucket.
    func up(_ path: LocalPath, _ address: ObjectAddress, prefix: String) throws -> TransferRoute {
        .up(path, place(try connection.work(address).commands.objects, prefix))
    }

    func down(_ address: ObjectAddress, prefix: String, _ path: LocalPath) throws -> TransferRoute {
        .down(place(try connection.work(address).commands.objects, prefix), path)
    }

    func across(_ source: ObjectAddress, prefix: String, _ target: ObjectAddress, prefix targetPrefix: String) throws -> TransferRoute {
        guard isOneStore(source, target) else {
            let from = try connection.work(source).commands.objects
            let other = options.target.connection(like: connection)
            return .across(place(from, prefix), place(try other.work(target).commands.objects, targetPrefix), nil)
        }
        let objects = try connection.work(target.bucket.scheme == nil ? source : target).commands.objects
        let (from, to) = (objects.other(source.bucket.bucket), objects.other(target.bucket.bucket))
        let copying = StoreCopying(source: from, target: ObjectCommands(to), wantedPart: options.isPartSizeGiven ? options.partSize.bytes : nil)
        return .across(place(from, prefix), place(to, targetPrefix), copying)
    }

    /// Two dialects are two stores, and so is what is named by itself.
    func isOneStore(_ source: ObjectAddress, _ target: ObjectAddress) -> Bool {
        !options.target.isGiven && Set([source.bucket.scheme, target.bucket.scheme].compactMap(\.self)).count <= 1
    }

    /// Where the target is, for telling jobs apart.
    func endpoint(ofTarget address: ObjectAddress, source: ObjectAddress) throws -> String {
        let side = isOneStore(source, address) ? connection : options.target.connection(like: connection)
        return try side.endpoint(address.bucket).description
    }

    private func place(_ objects: RemoteObjects, _ prefix: String) -> RemotePlace {
        let gate = RequestGate(Self.scheduling)
        var policy = connection.retryPolicy
        // A part may take long over a slow line, and is worth a repetition all the same.
        policy.deadline = .seconds(3600)
        let (client, bucket) = (objects.client, objects.bucket)
        let store = RemoteStore(client, bucket: bucket).scheduled(by: gate, policy: policy, logger: .silent)
        return RemotePlace(store, prefix: Key(prefix)) { error, key in
            let failure = client.objectFailure(error, bucket, key)
            return TransferError(TransferError.Kind(failure.code), failure.description)
        }
    }

    private static var scheduling: RequestScheduler.Options {
        var options = RequestScheduler.Options()
        options.control.ceiling = 64
        options.hedging.isOn = false
        // A limit of the bandwidth makes requests wait as long as it takes.
        options.longestWait = .seconds(86_400)
        return options
    }
}

extension TransferOptions {
    fileprivate var isPartSizeGiven: Bool { partSize.bytes != 16 << 20 }
}

extension TransferError.Kind {
    fileprivate init(_ code: Failure.Code) {
        self =
            switch code {
            case .failed: .failed
            case .usage: .usage
            case .conflict: .conflict
            case .notOffered: .notOffered
            }
    }
}

extension Failure {
    init(_ error: TransferError) {
        let code: Code =
            switch error.kind {
            case .failed, .stopped: .failed
            case .usage: .usage
            case .conflict: .conflict
            case .notOffered: .notOffered
            }
        self.init(error.message, code: code)
    }
}
