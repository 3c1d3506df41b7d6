import FileSystemTypes
import Foundation
import Glibc
import ObjectStorage
import Staging
import Testing

@Suite(.timeLimit(.minutes(1)))
struct StateFolderTests {
    @Test func aSecondOwnerIsToldWhoTheFirstIs() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let (folder, _) = try scratch.open()
        let error = await failure { try scratch.open() }
        #expect(error?.reason == .inUse(pid: getpid()))
        #expect(error?.message.contains("process \(getpid())") == true)
        try folder.close()
        let (again, _) = try scratch.open()
        try again.close()
    }

    @Test func foldersAreNamedForWhatIsMounted() {
        let one = MountIdentity(endpoint: "https://A.example/", bucket: BucketName("b"), prefix: "")
        #expect(one.folderName.hasPrefix("b-"))
        #expect(one.folderName == MountIdentity(endpoint: "https://a.example", bucket: BucketName("b"), prefix: "").folderName)
        let names = Set(
            [
                one, MountIdentity(endpoint: "https://c.example", bucket: BucketName("b"), prefix: ""),
                MountIdentity(endpoint: "https://a.example", bucket: BucketName("b"), prefix: "x/"),
                MountIdentity(endpoint: "https://a.example", bucket: BucketName("b"), prefix: "x?"),
                MountIdentity(endpoint: "https://a.example", bucket: BucketName("b"), prefix: Key(Array(repeating: 0x2F, count: 900))),
            ].map(\.folderName))
        #expect(names.count == 5)
        #expect(names.allSatisfy { $0.utf8.count <= 100 && !$0.contains("/") })
        #expect(Scratch.identity.folderName.hasPrefix("photos_2024-"))
    }

    @Test func onlyItsOwnerMayEnter() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        try scratch.open().0.close()
        let mode = try FileManager.default.attributesOfItem(atPath: scratch.folder)[.posixPermissions] as? Int
        #expect(mode == 0o700)
        for name in try FileManager.default.subpathsOfDirectory(atPath: scratch.folder) {
            let mode = try FileManager.default.attributesOfItem(atPath: "\(scratch.folder)/\(name)")[.posixPermissions] as? Int
            #expect((mode ?? 0) & 0o077 == 0, "\(name) is open to others")
        }
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: scratch.folder)
        let error = await failure { try scratch.open() }
        #expect(error?.reason == .unusable(.accessDenied))
        #expect(error?.message.contains("chmod 700") == true)
    }

    @Test func aMissingBaseIsNamed() async throws {
        let error = await failure {
            try StateFolder.open(Scratch.identity, base: "/nowhere/at/all", options: StateFolder.Options())
        }
        #expect(error?.reason == .unusable(.noSuchFile))
        #expect(error?.message.contains("/nowhere/at/all does not exist") == true)
    }

    @Test func theDefaultBaseFollowsTheEnvironment() {
        #expect(StateFolder.defaultBase(environment: ["XDG_STATE_HOME": "/s", "HOME": "/h"]) == "/s/windlass")
        #expect(StateFolder.defaultBase(environment: ["XDG_STATE_HOME": "relative", "HOME": "/h"]) == "/h/.local/state/windlass")
        #expect(StateFolder.defaultBase(environment: [:]) == nil)
    }

    @Test func missingFoldersAboveTheDefaultBaseAreMade() throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let base = "\(scratch.path)/a/b/windlass"
        try StateFolder.makeBase(base)
        try StateFolder.open(Scratch.identity, base: base).0.close()
    }

    /// A journal of the version before has a table less.
    @Test func anOlderJournalIsBroughtUpToDate() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let (folder, _) = try scratch.open()
        let id = folder.journal.newFileID()
        try await folder.journal.commit([.put(FileRecord(id: id, key: "k", base: .new))])
        try folder.close()
        for change in ["DROP TABLE moved_copy", "PRAGMA user_version = 1"] { try sqlite("\(scratch.folder)/journal.sqlite", change) }
        let (again, recovered) = try scratch.open()
        #expect(recovered.files.map(\.record.id) == [id])
        try await again.journal.commit([.putMovedCopy(MovedCopy(intent: 1, key: "x", source: nil, copy: nil))])
        try again.close()
        let (last, found) = try scratch.open()
        #expect(found.movedCopies.count == 1)
        try last.close()
    }

    /// What must be refused, with everything left as it was.
    enum Damage: String, CaseIterable, Sendable {
        case otherFormat, noFormat, otherSchema, otherProgram, noDatabase, flippedPage, flippedRow, cutShort

        func inflict(on folder: String) throws {
            let journal = "\(folder)/journal.sqlite"
            switch self {
            case .otherFormat: try "windlass state 2\n".write(toFile: "\(folder)/format", atomically: false, encoding: .utf8)
            case .noFormat: try FileManager.default.removeItem(atPath: "\(folder)/format")
            case .otherSchema: try sqlite(journal, "PRAGMA user_version = 9")
            case .otherProgram: try sqlite(journal, "PRAGMA application_id = 9")
            case .noDatabase: try Data("this is no database, only some text that is long enough".utf8).write(to: URL(filePath: journal))
            case .flippedPage: try flip(journal, at: 100 + 3)
            case .flippedRow: try sqlite(journal, "UPDATE file SET key = x'00'")
            case .cutShort:
                let bytes = try Data(contentsOf: URL(filePath: journal))
                try bytes.prefix(bytes.count / 2).write(to: URL(filePath: journal))
            }
        }

        var reason: StateError.Reason {
            switch self {
            case .otherFormat, .otherSchema: .otherFormat
            default: .damaged
            }
        }
    }

    @Test(arguments: Damage.allCases) func damageIsToldAndNothingIsChanged(_ damage: Damage) async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let (folder, _) = try scratch.open()
        let id = folder.journal.newFileID()
        let file = try await folder.makeFile()
        _ = try file.append(pattern(1, 5000))
        try await folder.journal.commit([.put(FileRecord(id: id, key: "k", base: .new))])
        try await folder.acknowledge(id, extents: [1], in: file, .state(id, .closed))
        try folder.close()
        try damage.inflict(on: scratch.folder)
        let before = try scratch.contents()
        let error = await failure { try scratch.open() }
        #expect(error?.reason == damage.reason, "\(String(describing: error))")
        #expect(error?.message.contains("--state-dir") == true || error?.message.contains("--set-aside") == true)
        #expect(try scratch.contents() == before)

        let aside = try StateFolder.setAside(Scratch.identity, base: scratch.path)
        #expect(FileManager.default.fileExists(atPath: aside + "/files/" + file.name))
        let (fresh, recovered) = try scratch.open()
        #expect(recovered.isEmpty)
        try fresh.close()
    }

    @Test func aFolderInUseIsNotSetAside() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let (folder, _) = try scratch.open()
        defer { try? folder.close() }
        let error = await failure { try StateFolder.setAside(Scratch.identity, base: scratch.path) }
        #expect(error?.reason == .inUse(pid: getpid()))
    }

    @Test func filesThatNothingRefersToAreClearedAway() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let (folder, _) = try scratch.open()
        let id = folder.journal.newFileID()
        let kept = try await folder.makeFile()
        let lost = try await folder.makeFile()
        _ = try kept.append([1, 2, 3])
        _ = try lost.append([4, 5, 6])
        try await folder.journal.commit([.put(FileRecord(id: id, key: "k", base: .new))])
        try await folder.acknowledge(id, extents: [], in: kept)
        try folder.close()
        let (again, recovered) = try scratch.open()
        defer { try? again.close() }
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(scratch.folder)/files") == [kept.name])
        let content = try #require(recovered.unsent.first?.content)
        let file = try #require(try await again.openFile(of: id, content))
        #expect(try file.read(at: 0, count: 3) == Bytes([1, 2, 3]))
        #expect(again.space.used == 4096)
    }
}

/// Changes a database as another program would.
func sqlite(_ path: String, _ sql: String) throws {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [
        "python3", "-c", "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute(sys.argv[2]); c.commit(); c.close()", path, sql,
    ]
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
}

/// Turns over one bit of a file.
func flip(_ path: String, at offset: Int) throws {
    let handle = try FileHandle(forUpdating: URL(filePath: path))
    defer { try? handle.close() }
    try handle.seek(toOffset: UInt64(offset))
    let byte = try #require(try handle.read(upToCount: 1)?.first)
    try handle.seek(toOffset: UInt64(offset))
    try handle.write(contentsOf: Data([byte ^ 0x10]))
}
