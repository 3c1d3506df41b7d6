import FileSystemTypes
import Foundation
import Glibc
import ObjectStorage
import Staging
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1)), .enabled(if: geteuid() == 0, "mounting a small disk takes root"))
struct FullDiskTests {
    @Test func aFullDiskIsToldToTheWriterAndHarmsNothing() async throws {
        let disk = try SmallDisk(mebibytes: 4)
        defer { disk.remove() }
        let scratch = try Scratch(in: disk.path)
        let (folder, _) = try scratch.open()
        let id = folder.journal.newFileID()
        let file = try await folder.makeFile()
        _ = try file.append(pattern(1, 100_000))
        try await folder.journal.commit([.put(FileRecord(id: id, key: "k", base: .new))])
        try await folder.acknowledge(id, extents: [1], in: file, .state(id, .closed))
        try disk.fill()

        #expect(await failure { try file.append(pattern(2, 1 << 20)) }?.reason == .full)
        #expect(file.length == 100_000)
        #expect(folder.space.used == 102_400)
        #expect(try file.read(at: 0, count: 100_000) == Bytes(pattern(1, 100_000)))
        let large = [UInt8](repeating: 5, count: 1 << 20)
        let error = await failure { try await folder.journal.commit([.acknowledge(id, extents: large, seal: nil)]) }
        #expect(error?.reason == .full, "\(String(describing: error))")
        #expect(error?.message.contains("free some") == true)

        try disk.free()
        // The journal goes on where it was.
        let second = folder.journal.newFileID()
        try await folder.journal.commit([.put(FileRecord(id: second, key: "l", base: .new))])
        _ = try file.append(pattern(3, 1000))
        try await folder.acknowledge(id, extents: [2], in: file)
        try folder.close()
        let (again, recovered) = try scratch.open()
        defer { try? again.close() }
        #expect(recovered.files.map(\.record.id) == [id, second])
        let content = try #require(recovered.unsent.first?.content)
        #expect(content.extents == [2])
        let found = try #require(try await again.openFile(of: id, content))
        #expect(try found.read(at: 0, count: 101_000) == Bytes(pattern(1, 100_000) + pattern(3, 1000)))
    }

    @Test func aFolderOnAFullDiskIsRefusedAndOpensOnceThereIsSpace() async throws {
        let disk = try SmallDisk(mebibytes: 4)
        defer { disk.remove() }
        let scratch = try Scratch(in: disk.path)
        try disk.fill()
        let error = await failure { try scratch.open() }
        #expect(error?.reason == .full, "\(String(describing: error))")
        try disk.free()
        try scratch.open().0.close()
    }

    @Test func aFolderOnAReadOnlyDiskIsRefused() async throws {
        let disk = try SmallDisk(mebibytes: 4)
        defer { disk.remove() }
        let scratch = try Scratch(in: disk.path)
        try scratch.open().0.close()
        #expect(disk.remount("ro"))
        let error = await failure { try scratch.open() }
        #expect(error?.reason == .unusable(.readOnly), "\(String(describing: error))")
        #expect(error?.message.contains("read-only") == true)
    }
}
