internal import FileSystemTypes
internal import Threads

extension StateFolder {
    /// Where state folders are unless `--state-dir` says otherwise: `$XDG_STATE_HOME/windlass`, or `~/.local/state/windlass` (XDG Base
    /// Directory Specification). Nil when neither variable is set.
    package static func defaultBase(environment: [String: String]) -> String? {
        if let state = environment["XDG_STATE_HOME"], state.hasPrefix("/") { return state + "/windlass" }
        return environment["HOME"].flatMap { $0.hasPrefix("/") ? $0 + "/.local/state/windlass" : nil }
    }

    /// Makes the default base folder and what is missing above it.
    package static func makeBase(_ base: String) throws(StateError) {
        var made = ""
        for part in base.split(separator: "/") {
            let parent = made.isEmpty ? "/" : made
            made += "/" + part
            if !StateDirectory.exists(made) { try StateDirectory.make(made, in: parent) }
        }
    }

    /// Takes possession of the folder of a mount, makes it if it is new, and tells what the owner before has left.
    ///
    /// Staging files that nothing refers to are removed. After an error everything is as it was, except that a new folder may exist. Blocks
    /// on the local disk: for the start of a program. `base` must exist.
    package static func open(
        _ identity: MountIdentity, base: String, options: Options = Options(), files: any FileOperations = SystemFiles()
    ) throws(StateError) -> (StateFolder, Recovered) {
        let path = "\(base)/\(identity.folderName)"
        try StateDirectory.make(path, in: base)
        let lock = try FolderLock(folder: path)
        let journalPath = "\(path)/\(StateDirectory.journalName)"
        let isNew = !StateDirectory.exists(journalPath)
        try StateDirectory.checkFormat(of: path, isNew: isNew)
        let filesPath = "\(path)/\(StateDirectory.filesName)"
        try StateDirectory.make(filesPath, in: path)
        if isNew { try StateDirectory.write(identity.summary, to: "\(path)/mount", in: path) }
        let database = try JournalDatabase(path: journalPath)
        let recovered = try Recovered(database)
        let highest = try clearStaging(filesPath, keeping: recovered.stagingNames, files)
        let space = StagingSpace(path: path, limit: options.stagingLimit, floor: options.freeSpaceFloor, files: files)
        for file in recovered.files { space.adopt(StagingSpace.rounded(file.content?.staging?.length ?? 0)) }
        let folder = try assemble(path, database, recovered, space, firstNumber: highest + 1, options, files, lock)
        return (folder, recovered)
    }

    private static func assemble(
        _ path: String, _ database: JournalDatabase, _ recovered: Recovered, _ space: StagingSpace, firstNumber: UInt64, _ options: Options,
        _ files: any FileOperations, _ lock: FolderLock
    ) throws(StateError) -> StateFolder {
        let notes = recovered.intents.map(\.id) + (try database.rows(ConflictCopy.self)).map(\.id)
        let executor = try makeExecutor("staging", threads: 8)
        let journal = Journal(
            database, executor: try makeExecutor("journal", threads: 1), limit: options.diskDeadline,
            nextFile: (recovered.files.map(\.record.id.number).max() ?? 0) + 1, nextNote: (notes.max() ?? 0) + 1,
            onCommit: options.onCommit)
        let staging = StagingFiles(
            folder: "\(path)/\(StateDirectory.filesName)", firstNumber: firstNumber, files: files, space: space, executor: executor)
        return StateFolder(path: path, journal: journal, staging: staging, executor: executor, deadline: options.diskDeadline, lock: lock)
    }

    private static func makeExecutor(_ name: String, threads: Int) throws(StateError) -> BlockingExecutor {
        do throws(ThreadError) {
            return try BlockingExecutor(name: name, threads: threads)
        } catch {
            throw StateError(.failed(.tryAgain), error.description)
        }
    }

    /// Removes what nothing refers to, and returns the highest number that a staging file has had.
    private static func clearStaging(_ path: String, keeping names: Set<String>, _ files: any FileOperations) throws(StateError) -> UInt64 {
        var highest: UInt64 = 0
        for name in try StateDirectory.names(in: path) {
            guard let number = StagingFiles.number(of: name) else { continue }
            highest = max(highest, number)
            if !names.contains(name) { try? files.remove("\(path)/\(name)") }
        }
        return highest
    }

    /// Moves a damaged folder out of the way, so that the next mount begins with an empty one, and returns where it went. Nothing in it is changed.
    ///
    /// What was written and not uploaded is then in the new place only. Fails with `inUse` while a mount owns the folder.
    package static func setAside(_ identity: MountIdentity, base: String) throws(StateError) -> String {
        let path = "\(base)/\(identity.folderName)"
        guard StateDirectory.exists(path) else { throw .unusable(path, .noSuchFile) }
        let lock = try FolderLock(folder: path)
        defer { withExtendedLifetime(lock) {} }
        let target = "\(path).set-aside-\(Timestamp.now.seconds)"
        do throws(Errno) {
            try SystemFiles().rename(path, to: target)
            try SystemFiles().syncFolder(base)
        } catch {
            throw .call("rename \(path) to \(target)", error)
        }
        return target
    }
}
