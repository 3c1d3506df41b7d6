import Control
import Foundation
import HTTPTransport
import Logging
import Logs
import ObjectStorage
import Recovery
import RemoteStore
import Reports
import Staging
import Threads

/// What is kept for a bucket, reached through whoever owns it.
protocol KeptAccess {
    func list() throws -> [KeptReport]
    func run(_ action: RecoveryAction, keys: [String]?, _ report: @escaping @Sendable (FileOutcome) -> Void) throws
    func close()
}

/// The state folder of a bucket's mount.
struct KeptFolder {
    let base: String
    private let command: RecoverCommand
    private let identity: MountIdentity

    init(_ command: RecoverCommand) throws {
        self.command = command
        do throws(StateError) {
            base = try StateLocation.base(command.stateDir)
        } catch {
            throw Failure(error.message)
        }
        let prefix = command.prefix.map(BucketAddress.folder) ?? command.address.prefix
        identity = MountIdentity(
            endpoint: try command.connection.endpoint(command.address).description, bucket: command.address.bucket, prefix: Key(prefix))
    }

    private var path: String { "\(base)/\(identity.folderName)" }

    var exists: Bool { FileManager.default.fileExists(atPath: path) }

    func setAside() throws -> String {
        do throws(StateError) {
            return try StateFolder.setAside(identity, base: base)
        } catch {
            throw Failure(error.message)
        }
    }

    /// Takes possession of the folder, or asks the mount that has it.
    func open() throws -> any KeptAccess {
        do throws(StateError) {
            let (state, _) = try StateFolder.open(identity, base: base)
            return UnmountedFolder(state, command)
        } catch {
            guard case .inUse(let process) = error.reason else { throw Failure(error.message) }
            let link = ControlLink.path(in: path)
            guard (try? ControlClient(link)) != nil else {
                let owner = process.map { "process \($0)" } ?? "another process"
                throw Failure("\(owner) uses \(path) and does not answer; unmount the bucket, then try again")
            }
            return MountedFolder(socket: link)
        }
    }
}

/// A state folder that no mount uses: this process owns it for a while.
private struct UnmountedFolder: KeptAccess {
    private let state: StateFolder
    private let command: RecoverCommand

    init(_ state: StateFolder, _ command: RecoverCommand) {
        self.state = state
        self.command = command
    }

    func close() {
        try? state.close()
    }

    func list() throws -> [KeptReport] {
        let outcome = waiting { [state] () async -> Result<[KeptReport], StateError> in
            do throws(StateError) {
                return .success(try await Recovery.list(state))
            } catch {
                return .failure(error)
            }
        }
        do throws(StateError) {
            return try outcome.get()
        } catch {
            throw Failure(error.message)
        }
    }

    func run(_ action: RecoveryAction, keys: [String]?, _ report: @escaping @Sendable (FileOutcome) -> Void) throws {
        let logger = try command.log.sink(inBackground: false).logger("windlass")
        let client = try command.connection.client(command.address, logger: logger)
        let remote = RemoteStore(client, bucket: command.address.bucket)
        let store = GuardedStore(RetryingStore(remote, policy: command.connection.retryPolicy, logger: logger))
        let recovery: Recovery
        do throws(ThreadError) {
            recovery = try Recovery(store, state, isMounted: false, logger: logger)
        } catch {
            throw Failure(error.description)
        }
        defer { recovery.close() }
        try run(recovery, action, keys, report)
    }

    private func run(
        _ recovery: Recovery, _ action: RecoveryAction, _ keys: [String]?, _ report: @escaping @Sendable (FileOutcome) -> Void
    ) throws {
        let failure = waiting { () async -> StateError? in
            do throws(StateError) {
                try await recovery.run(action, keys: keys) { outcome in
                    report(outcome)
                    return true
                }
                return nil
            } catch {
                return error
            }
        }
        if let failure { throw Failure(failure.message) }
    }
}

/// A running mount, asked over its socket.
private struct MountedFolder: KeptAccess {
    let socket: String

    func close() {}

    func list() throws -> [KeptReport] {
        var kept: [KeptReport] = []
        try ask(ControlRequest(.list)) { if let one = $0.kept { kept.append(one) } }
        return kept
    }

    func run(_ action: RecoveryAction, keys: [String]?, _ report: @escaping @Sendable (FileOutcome) -> Void) throws {
        try ask(request(action, keys)) { if let outcome = $0.outcome { report(outcome) } }
    }

    private func request(_ action: RecoveryAction, _ keys: [String]?) -> ControlRequest {
        switch action {
        case .retry: ControlRequest(.retry, keys: keys)
        case .keepBoth: ControlRequest(.keepBoth, keys: keys)
        case .discard: ControlRequest(.discard, keys: keys)
        case .acknowledge: ControlRequest(.acknowledge, keys: keys)
        case .export(let folder): ControlRequest(.export, keys: keys, folder: folder)
        }
    }

    private func ask(_ request: ControlRequest, _ body: (ControlAnswer) -> Void) throws {
        do throws(ControlError) {
            try ControlClient.conversation(socket, request) { answer in
                body(answer)
                return true
            }
        } catch {
            throw Failure("the mount that uses the state folder: \(error)")
        }
    }
}
