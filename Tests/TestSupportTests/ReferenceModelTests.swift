import FileSystemTypes
import Foundation
import TestSupport
import Testing

/// The local file system is the judge of the model, and so of everything that is held against the model.
@Suite struct ReferenceModelTests {
    @Test(.timeLimit(.minutes(5)), arguments: 0..<4)
    func agreesWithALocalDirectory(batch: Int) async throws {
        let check = SequenceCheck(OperationGenerator(), fresh: { try TemporaryDirectory() }, finish: { $0.remove() })
        for seed in SeededGenerator.seeds(400) where Int(seed % 4) == batch {
            try await check.run(seed: seed, length: 60)
        }
    }

    @Test(.timeLimit(.minutes(1))) func keepsAFolderWhoseLastFileAProgramRemoves() throws {
        var model = ReferenceModel()
        let file = try #require(TreePath("folder/file"))
        _ = model.apply(.remotePut(file, Payload(seed: 1, count: 3)))
        #expect(model.apply(.unlink(file)) == .done)
        #expect(model.apply(.stat(file.parent)) == .status(kind: .directory, size: nil))
    }

    @Test(.timeLimit(.minutes(1))) func losesAFolderThatExistedThroughOneObjectOfAnotherClient() throws {
        var model = ReferenceModel()
        let file = try #require(TreePath("outer/folder/file"))
        _ = model.apply(.remotePut(file, Payload(seed: 1, count: 3)))
        #expect(model.apply(.remoteDelete(file)) == .done)
        #expect(model.snapshot == TreeSnapshot())
    }

    @Test(.timeLimit(.minutes(1))) func refusesObjectsThatOnePathCannotHold() throws {
        var model = ReferenceModel()
        let file = try #require(TreePath("a"))
        let below = try #require(TreePath("a/b"))
        _ = model.apply(.create(file))
        #expect(model.apply(.remotePut(below, Payload(seed: 1, count: 1))) == .notApplicable)
        #expect(model.apply(.remotePutFolder(file)) == .notApplicable)
    }
}

/// A directory of its own for one sequence.
struct TemporaryDirectory: OperationDriver {
    let driver: DirectoryDriver

    init() throws {
        let top = FileManager.default.temporaryDirectory.appendingPathComponent("windlass-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: top, withIntermediateDirectories: true)
        driver = DirectoryDriver(top: top.path)
    }

    func remove() {
        try? FileManager.default.removeItem(atPath: driver.top)
    }

    func apply(_ operation: TestSupport.Operation) async -> Outcome { await driver.apply(operation) }
    func snapshot() async throws(Errno) -> TreeSnapshot { try await driver.snapshot() }
}
