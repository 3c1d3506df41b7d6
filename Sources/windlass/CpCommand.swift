import ArgumentParser

/// `windlass cp`: from this machine to a bucket, back, or from bucket to bucket.
struct CpCommand: ParsableCommand, TransferringCommand {
    static let configuration = CommandConfiguration(
        commandName: "cp", abstract: "Copies files and objects: up, down, between buckets.",
        discussion: "One of both sides is a URL: s3://BUCKET/KEY, obs://, cos:// or oos://. - is standard input or output. An interrupted copy of a "
            + "folder or of a large file goes on with the same command.")
    @Argument(help: "What is copied.") var source: Place
    @Argument(help: "Where to; what ends in a slash takes the name from the source.") var target: Place
    @Flag(name: .shortAndLong, help: "A folder, or all that begins with a prefix.") var recursive = false
    @OptionGroup var options: TransferOptions
    @OptionGroup var connection: ConnectionOptions

    func transfer() throws -> Transferring {
        var transferring = Transferring(verb: "cp", connection: connection, options: options)
        transferring.isRecursive = recursive
        return transferring
    }

    func run() throws { try transfer().run(from: source, to: target) }

    func cancel() throws { try transfer().cancel(from: source, to: target) }
}

/// `windlass mv`: as `cp`, and what has been copied is deleted.
struct MvCommand: ParsableCommand, TransferringCommand {
    static let configuration = CommandConfiguration(commandName: "mv", abstract: "As cp; deletes each source once its copy is there.")
    @Argument(help: "What is moved.") var source: Place
    @Argument(help: "Where to; what ends in a slash takes the name from the source.") var target: Place
    @Flag(name: .shortAndLong, help: "A folder, or all that begins with a prefix.") var recursive = false
    @OptionGroup var options: TransferOptions
    @OptionGroup var connection: ConnectionOptions

    func transfer() throws -> Transferring {
        var transferring = Transferring(verb: "mv", connection: connection, options: options)
        transferring.isRecursive = recursive
        transferring.removesSources = true
        return transferring
    }

    func run() throws { try transfer().run(from: source, to: target) }

    func cancel() throws { try transfer().cancel(from: source, to: target) }
}

/// A command that may be interrupted and taken up again.
protocol TransferringCommand {
    func run() throws
    /// Takes away what an interrupted run has left by half.
    func cancel() throws
}
