import ArgumentParser
import FileSystemTypes
import Foundation
import Glibc
import UserFiles
import ObjectCommands
import ObjectStorage
import RemoteStore
import Threads

struct ObjectGetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "get", abstract: "Writes an object to a file or to standard output.")
    @Argument(help: "The object.") var address: ObjectAddress
    @Argument(help: "The file; - for standard output. Default: the last part of the key.") var file: String?
    @OptionGroup var answer: AnswerOptions
    @OptionGroup var conditions: VersionOptions
    @Flag(help: "Print what the store says of it to standard error.") var verbose = false
    @OptionGroup var connection: ConnectionOptions

    func run() throws {
        let path = file ?? address.key.split(separator: "/").last.map(String.init) ?? ""
        guard !path.isEmpty else { throw Failure("name an object: BUCKET/KEY", code: .usage) }
        var wish = conditions.wish
        answer.add(to: &wish)
        try ObjectReading(address: address, wish: wish, connection: connection, isVerbose: verbose).run(to: path == "-" ? nil : path)
    }
}

struct ObjectCatCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "cat", abstract: "Writes objects to standard output.")
    @Argument(help: "The objects.") var addresses: [ObjectAddress]
    @OptionGroup var answer: AnswerOptions
    @OptionGroup var conditions: VersionOptions
    @OptionGroup var connection: ConnectionOptions

    func run() throws {
        var wish = conditions.wish
        answer.add(to: &wish)
        for address in addresses { try ObjectReading(address: address, wish: wish, connection: connection, isVerbose: false).run(to: nil) }
    }
}

/// One object on its way to this machine.
struct ObjectReading {
    let address: ObjectAddress
    let wish: ReadWish
    let connection: ConnectionOptions
    let isVerbose: Bool

    /// Nil for standard output. A file is there under its name only when all of it is.
    func run(to path: String?) throws {
        let key = try address.requiredKey()
        let work = try connection.work(address)
        let executor = try BlockingExecutor.ofCommand()
        defer { executor.stop() }
        let target = try path.map { try PartialFile($0, on: executor) }
        let wish = wish
        do {
            let answer = try work.run(key: key) { (commands) async throws(StoreError) in
                try await commands.get(key, wish) { (bytes) async throws(StoreError) in
                    if let target { try await target.append(bytes) } else { try await StandardOutput.write(bytes, on: executor) }
                }
            }
            try target?.finish()
            guard isVerbose else { return }
            for field in answer.headers { Terminal.complain("\(field.name): \(field.value)") }
        } catch {
            target?.discard()
            throw error
        }
    }
}

extension BlockingExecutor {
    /// For the files of one command.
    static func ofCommand() throws -> BlockingExecutor {
        do throws(ThreadError) {
            return try BlockingExecutor(name: "files", threads: 4)
        } catch {
            throw Failure(error.description)
        }
    }
}

/// Writes to standard output on threads that may block: whoever reads it may be slow.
enum StandardOutput {
    static func write(_ bytes: Bytes, on executor: BlockingExecutor) async throws(StoreError) {
        let isWritten = await withTaskExecutorPreference(executor) { () async -> Bool in
            Terminal.write(bytes, to: STDOUT_FILENO)
        }
        guard isWritten else { throw StoreError(.localFailure, "standard output takes no more") }
    }
}
