import ArgumentParser
import Foundation
import Glibc
import ObjectStorage
import Recovery
import Reports
import Synchronization

struct RecoverCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recover", abstract: "Deals with written files that could not be stored.",
        discussion: """
            They are in the state folder of the bucket's mount on this machine. Give the address, endpoint and state folder of the mount.
            A mount that is running is asked to do it; then only what it keeps aside can be dealt with, the rest it is storing itself.
            KEYs are written as --list shows them.
            """)

    @Argument(help: ArgumentHelp("The bucket as it was mounted, with its prefix.", valueName: "bucket"))
    var address: BucketAddress

    @Argument(help: ArgumentHelp("Deal with these only.", valueName: "key"))
    var keys: [String] = []

    @Flag(help: "Show what is kept: key, size, state, since when and why.")
    var list = false

    @Flag(help: "Upload again, where the store still has what the changes are based on.")
    var retry = false

    @Flag(help: "Upload as KEY.conflict-... beside what the store has.")
    var keepBoth = false

    @Flag(help: "Give up what was written. Asks before.")
    var discard = false

    @Flag(help: "Take notes of copies that --on-conflict=keep-both made off the list; the objects stay.")
    var acknowledge = false

    @Option(help: ArgumentHelp("Write what was written into this folder, replacing nothing; it stays kept.", valueName: "folder"))
    var export: String?

    @Flag(help: "Move a damaged state folder out of the way, for the next mount to begin with an empty one.")
    var setAside = false

    @Flag(help: "Do not ask.")
    var yes = false

    @Flag(help: "With --list: print JSON.")
    var json = false

    @Option(help: ArgumentHelp("Mounted with this prefix.", valueName: "prefix"))
    var prefix: String?

    @Option(help: ArgumentHelp("State folder of the mount. Default: ~/.local/state/windlass.", valueName: "folder"))
    var stateDir: String?

    @OptionGroup var connection: ConnectionOptions

    @OptionGroup var log: LogOptions

    func validate() throws {
        let chosen = [list, retry, keepBoth, discard, acknowledge, export != nil, setAside].count { $0 }
        guard chosen == 1 else {
            throw ValidationError("give one of --list, --retry, --keep-both, --discard, --acknowledge, --export and --set-aside")
        }
        guard prefix == nil || address.prefix.isEmpty else {
            throw ValidationError("give the prefix either in the bucket's address or with --prefix")
        }
        guard keys.isEmpty || !(list || setAside) else { throw ValidationError("--list and --set-aside take no keys") }
    }

    func run() throws {
        let folder = try KeptFolder(self)
        if setAside { return Terminal.say("moved to \(try folder.setAside()); the next mount begins anew") }
        guard folder.exists else {
            guard list || keys.isEmpty else { throw Failure("nothing is kept for this bucket in \(folder.base); see --state-dir") }
            return Terminal.say(list && json ? "[]" : "nothing is kept for this bucket in \(folder.base)")
        }
        let access = try folder.open()
        defer { access.close() }
        if list { return try show(try access.list()) }
        guard try isConfirmed(access) else { throw Failure("nothing was discarded") }
        let outcomes = Mutex((count: 0, hasFailed: false))
        try access.run(action, keys: keys.isEmpty ? nil : keys) { outcome in
            let line = "\(outcome.key): \(outcome.text)"
            outcomes.withLock { outcomes in
                outcomes.count += 1
                outcomes.hasFailed = outcomes.hasFailed || outcome.isFailure
                outcome.isFailure ? Terminal.complain(line) : Terminal.say(line)
            }
        }
        let (count, hasFailed) = outcomes.withLock { $0 }
        if count == 0 { Terminal.say("there was nothing to do") }
        if hasFailed { throw ExitCode(1) }
    }

    private var action: RecoveryAction {
        if let export { return .export(URL(filePath: export).standardizedFileURL.path) }
        if keepBoth { return .keepBoth }
        if discard { return .discard }
        return acknowledge ? .acknowledge : .retry
    }

    private func show(_ kept: [KeptReport]) throws {
        if json { return Terminal.say(try StatusText.json(kept)) }
        if kept.isEmpty { return Terminal.say("nothing is kept: everything that was written is in the store") }
        for line in StatusText.table(kept) { Terminal.say(line) }
    }

    /// Whoever discards says so twice.
    private func isConfirmed(_ access: any KeptAccess) throws -> Bool {
        guard discard, !yes else { return true }
        guard isatty(STDIN_FILENO) == 1 else { throw Failure("--discard gives up what was written; add --yes to do so without being asked") }
        let wanted = Set(keys)
        let files = try access.list().filter { $0.state != .copied && $0.state != .deletion && (wanted.isEmpty || wanted.contains($0.key)) }
        guard !files.isEmpty else { return true }
        for line in StatusText.table(files) { Terminal.say(line) }
        Terminal.write("Give up what was written to \(files.count == 1 ? "this file" : "these \(files.count) files")? [y/N] ", to: STDOUT_FILENO)
        return ["y", "yes"].contains(readLine()?.lowercased() ?? "")
    }
}
