import FileSystemTypes
import Foundation
import ObjectStorage
import PowerCutSupport
import Staging
import Synchronization
import TestSupport
import Testing

/// The power is cut before every single call to the disk, and what was acknowledged must be there.
@Suite(.timeLimit(.minutes(3)))
struct PowerCutTests {
    /// What a round promised before the power went.
    struct Promises: Sendable {
        /// Acknowledged content by file; nil where the removal was acknowledged.
        var files: [FileID: [UInt8]?] = [:]
    }

    /// One life of a mount, from an empty folder to the power cut.
    final class Life {
        private let scratch: Scratch
        private let after: Scratch
        let files: PowerCutFiles
        private(set) var promises = Promises()

        init(cutAt: Int, loss: PowerCutFiles.Loss, without omission: PowerCutFiles.Omission? = nil) throws {
            let parent = FileManager.default.isWritableFile(atPath: "/dev/shm") ? "/dev/shm" : FileManager.default.temporaryDirectory.path
            let scratch = try Scratch(in: parent)
            let after = try Scratch(in: parent)
            self.scratch = scratch
            self.after = after
            files = PowerCutFiles(cutAt: cutAt, loss: loss, without: omission) {
                // No call of the journal is under way: all of it is synced.
                try? FileManager.default.copyItem(atPath: scratch.folder, toPath: after.folder)
            }
        }

        func remove() {
            scratch.remove()
            after.remove()
        }

        /// Writes, acknowledges, writes on, replaces and removes until the power goes or all is done.
        func live(seed: UInt64) async throws {
            let (folder, _) = try scratch.open(files: files)
            do {
                var generator = SeededGenerator(seed: seed)
                for _ in 0..<6 { try await oneFile(folder, &generator) }
            } catch let error as StateError where files.isCut {
                _ = error
            }
            files.cut()
            try folder.close()
        }

        private func oneFile(_ folder: StateFolder, _ generator: inout SeededGenerator) async throws {
            let id = folder.journal.newFileID()
            try await folder.journal.commit([.put(FileRecord(id: id, key: Key("\(id)"), base: .new))])
            let file = try await folder.makeFile()
            var content: [UInt8] = []
            for round in 0..<Int.random(in: 1...3, using: &generator) {
                let kept = content.count
                let more = pattern(generator.next(), Int.random(in: 0...40_000, using: &generator))
                _ = try file.append(more)
                content += more
                if more.count > 10, generator.oneIn(2) {
                    let patch = pattern(generator.next(), more.count / 2)
                    try Self.overwrite(file, patch, at: kept + 3)
                    content.replaceSubrange(kept + 3..<kept + 3 + patch.count, with: patch)
                }
                try await folder.acknowledge(id, extents: [UInt8(round)], in: file, .state(id, .closed))
                if !files.isCut { promises.files[id] = .some(content) }
                // Bytes that nobody will ever be promised.
                _ = try file.append(pattern(generator.next(), 5000))
                content += try Array(file.read(at: Int64(content.count), count: 5000).contiguous)
            }
            if generator.oneIn(3) {
                try await folder.journal.commit([.remove(id)])
                if !files.isCut { promises.files[id] = .some(nil) }
                try file.remove()
            }
        }

        private static func overwrite(_ file: StagedFile, _ bytes: [UInt8], at offset: Int) throws {
            try file.overwrite(unsafe bytes.span.bytes, at: Int64(offset))
        }

        /// What is wrong after the power has come back; nil when every promise is kept.
        func complaint() async throws -> String? {
            let folder = after.folder + "/files"
            try? FileManager.default.removeItem(atPath: folder)
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            for (path, bytes) in files.survivors {
                try Data(bytes).write(to: URL(filePath: folder + "/" + (path as NSString).lastPathComponent))
            }
            let (again, recovered) = try after.open()
            defer { try? again.close() }
            let found = Dictionary(uniqueKeysWithValues: recovered.unsent.map { ($0.record.id, $0.content) })
            for (id, promised) in promises.files {
                switch (promised, found[id] ?? nil) {
                case (nil, nil): continue
                case (nil, _?): return "file \(id) is back"
                case (_?, nil): return "file \(id) is lost"
                case (let bytes?, let content?):
                    if let complaint = await Self.difference(again, id, content, bytes) { return "file \(id): \(complaint)" }
                }
            }
            return nil
        }

        private static func difference(
            _ folder: StateFolder, _ id: FileID, _ content: AcknowledgedContent, _ bytes: [UInt8]
        ) async -> String? {
            do {
                guard let file = try await folder.openFile(of: id, content) else { return "no staging file" }
                guard file.length == Int64(bytes.count) else { return "\(file.length) bytes instead of \(bytes.count)" }
                return try file.read(at: 0, count: bytes.count) == Bytes(bytes) ? nil : "other bytes"
            } catch {
                return "\(error)"
            }
        }
    }

    /// The first complaint of all cuts in the life that `seed` describes.
    private static func firstComplaint(seed: UInt64, loss: PowerCutFiles.Loss, without omission: PowerCutFiles.Omission? = nil) async throws
        -> String?
    {
        var cut = 1
        while true {
            let life = try Life(cutAt: cut, loss: loss, without: omission)
            defer { life.remove() }
            try await life.live(seed: seed)
            if let complaint = try await life.complaint() { return "seed \(seed), cut before call \(cut): \(complaint)" }
            if life.files.calls < cut { return nil }
            // Making the spare files is many calls of one kind: not each of them is worth a life.
            cut += cut < 30 ? 7 : 1
        }
    }

    @Test(arguments: SeededGenerator.seeds(2)) func everyPromiseSurvivesEveryCut(_ seed: UInt64) async throws {
        #expect(try await Self.firstComplaint(seed: seed, loss: .everything) == nil)
        #expect(try await Self.firstComplaint(seed: seed, loss: .some(seed: seed)) == nil)
    }

    /// Negative controls: a forgotten sync is found.
    @Test func bytesThatAreNotSyncedAreFoundMissing() async throws {
        #expect(try await Self.firstComplaint(seed: 1, loss: .everything, without: .data) != nil)
    }

    @Test func namesThatAreNotSyncedAreFoundMissing() async throws {
        #expect(try await Self.firstComplaint(seed: 1, loss: .everything, without: .names) != nil)
    }
}
