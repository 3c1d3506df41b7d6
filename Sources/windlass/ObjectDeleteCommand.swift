import ArgumentParser
import ObjectCommands
import ObjectStorage
import RemoteStore

struct ObjectDeleteCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Deletes objects, versions of them, or all that begins with a prefix.")
    @Argument(help: "The objects, all of one bucket; with --recursive, prefixes.") var addresses: [ObjectAddress]
    @Flag(help: "Everything whose key begins so.") var recursive = false
    @Flag(help: "With --recursive: all versions and delete markers. Nothing can be brought back.") var allVersions = false
    @Option(help: ArgumentHelp("Only this version, for good.", valueName: "id")) var versionId: String?
    @Option(help: ArgumentHelp("S3: only if its ETag is this.", valueName: "etag")) var ifMatch: String?
    @Flag(help: "Delete versions under a retention of the mode GOVERNANCE.") var bypassGovernance = false
    @Flag(help: "Say what was deleted, a line for each.") var verbose = false
    @Flag(help: "Say what would be deleted, and delete nothing.") var dryRun = false
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard Set(addresses.map(\.bucket.bucket)).count == 1 else { throw ValidationError("name objects of one bucket") }
        guard !allVersions || recursive else { throw ValidationError("--all-versions goes with --recursive") }
        guard versionId == nil && ifMatch == nil || addresses.count == 1 && !recursive else {
            throw ValidationError("--version-id and --if-match go with one object")
        }
        guard recursive || addresses.allSatisfy({ !$0.key.isEmpty }) else {
            throw ValidationError("name an object: BUCKET/KEY; everything in a bucket: --recursive")
        }
    }

    func run() throws {
        let work = try connection.work(addresses[0])
        let deleting = ObjectDeleting(isVerbose: verbose, isDryRun: dryRun, bypassesGovernance: bypassGovernance)
        let failed: Int
        if recursive {
            let (prefixes, allVersions) = (addresses.map { Key($0.key) }, allVersions)
            failed = try work.run { (commands) async throws(StoreError) in
                var failed = 0
                for prefix in prefixes { failed += try await deleting.deleteAll(below: prefix, allVersions: allVersions, commands) }
                return failed
            }
        } else if addresses.count == 1, !dryRun {
            try deleteOne(work, deleting)
            failed = 0
        } else {
            let targets = addresses.map { VersionedKey(Key($0.key)) }
            failed = try work.run { (commands) async throws(StoreError) in try await deleting.delete(targets, commands) }
        }
        guard failed == 0 else { throw Failure("\(failed) of them could not be deleted") }
    }

    private func deleteOne(_ work: ObjectWork, _ deleting: ObjectDeleting) throws {
        let key = Key(addresses[0].key)
        let (target, bypass, ifMatch) = (VersionedKey(key, version: versionId), bypassGovernance, ifMatch)
        let deletion = try work.run(key: key) { (commands) async throws(StoreError) in
            try await commands.delete(target, bypassesGovernance: bypass, ifMatch: ifMatch)
        }
        deleting.show(deletion)
    }
}

/// Deletes many, a thousand at a time, and says what became of them.
struct ObjectDeleting: Sendable {
    let isVerbose: Bool
    let isDryRun: Bool
    var bypassesGovernance = false

    /// Gives how many could not be deleted.
    func deleteAll(below prefix: Key, allVersions: Bool, _ commands: ObjectCommands) async throws(StoreError) -> Int {
        var failed = 0
        if allVersions {
            var query = VersionQuery()
            query.prefix = prefix
            var next: VersionQuery? = query
            while let wanted = next {
                let page = try await commands.versions(wanted)
                let failedHere = try await delete(page.versions.map { VersionedKey($0.key, version: $0.version) }, commands)
                failed += failedHere
                // A page after versions that are gone: the store may not find its beginning.
                next = isDryRun || failedHere > 0 ? page.next : page.next.map { _ in wanted }
            }
            return failed
        }
        var pager = ListPager(commands.objects.store, ListRequest(prefix: prefix))
        while let page = try await pager.next() {
            failed += try await delete(page.objects.map { VersionedKey($0.key) }, commands)
        }
        return failed
    }

    func delete(_ targets: [VersionedKey], _ commands: ObjectCommands) async throws(StoreError) -> Int {
        if isDryRun {
            for target in targets { Terminal.say("would delete  \(Self.text(target))") }
            return 0
        }
        var failed = 0
        let size = commands.objects.store.limits.deleteBatch
        for start in stride(from: 0, to: targets.count, by: size) {
            let batch = Array(targets[start..<min(start + size, targets.count)])
            for deletion in try await commands.delete(batch, bypassesGovernance: bypassesGovernance) {
                show(deletion)
                if deletion.failure != nil { failed += 1 }
            }
        }
        return failed
    }

    func show(_ deletion: Deletion) {
        let text = Self.text(deletion.target)
        if let failure = deletion.failure { return Terminal.complain("\(text): \(failure.message)\(failure.serviceCode.map { " (\($0))" } ?? "")") }
        if isVerbose { Terminal.say("deleted  \(text)\(deletion.marker.map { "  marker \($0)" } ?? "")") }
    }

    private static func text(_ target: VersionedKey) -> String {
        ObjectListCommand.shown(target.key) + (target.version.map { "  version \($0)" } ?? "")
    }
}
