import ArgumentParser
import Transfers

/// `windlass sync SOURCE TARGET`: makes a folder or a prefix equal to another. `windlass sync DIR`: waits for a mount.
struct SyncCommand: ParsableCommand, TransferringCommand {
    static let configuration = CommandConfiguration(
        commandName: "sync", abstract: "Makes a target equal to a source; of a mount, waits until all is stored.",
        discussion: """
            windlass sync SOURCE TARGET transfers what differs in size or time (--checksum: in content) from a folder or a prefix to another; one of
            both is a URL. windlass sync DIR waits until what the mount there has queued is stored, for --timeout seconds at most (an hour where it is
            not given). It ends with 1, and a line for each file that is not there, when the time is up or the store refuses one. Files that
            are open with changes are stored when they are closed.
            """)

    @Argument(help: "What is transferred: a folder, or a URL; or the directory where a bucket is mounted.") var source: Place
    @Argument(help: "What is made equal to it: a URL, or a folder.") var target: Place?
    @Flag(help: "Delete what the source has not, once all of the source has been listed.") var delete = false
    @Flag(help: "Compare content, where ETags tell it, instead of times.") var checksum = false
    @Flag(help: "Compare sizes only.") var sizeOnly = false
    @OptionGroup var options: TransferOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard !checksum || !sizeOnly else { throw ValidationError("--checksum and --size-only exclude each other") }
        guard target == nil, !isOfMount else { return }
        throw ValidationError("give a target, too; or the directory of a mount alone")
    }

    private var isOfMount: Bool { target == nil && !source.isRemote && !delete && !checksum && !sizeOnly }

    private func transferring() -> Transferring {
        var transferring = Transferring(verb: "sync", connection: connection, options: options)
        transferring.isRecursive = true
        transferring.deletes = delete
        transferring.rule = checksum ? .content : sizeOnly ? .size : .sizeAndTime
        return transferring
    }

    func run() throws {
        if let target { return try transferring().run(from: source, to: target) }
        guard case .local(let directory) = source else { return }
        let isTimed = Invocation.arguments.contains { $0 == "--timeout" || $0.hasPrefix("--timeout=") }
        try MountFlush(directory: directory, timeout: isTimed ? Double(connection.timeout) : 3600).run()
    }

    func cancel() throws {
        if let target { try transferring().cancel(from: source, to: target) }
    }
}
