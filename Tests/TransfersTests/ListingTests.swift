import Foundation
import Synchronization
import TestSupport
import Testing
import Threads
import Transfers

/// What is found on both sides, and in which order.
@Suite(.timeLimit(.minutes(1))) struct ListingTests {
    /// Against the sets themselves: each path once, in order, on the sides where it is.
    @Test(arguments: SeededGenerator.seeds(200)) func pairsAreThoseOfTheSets(_ seed: UInt64) async throws {
        var generator = SeededGenerator(seed: seed)
        let left = Cases.paths(Int.random(in: 0...20, using: &generator), &generator)
        let right = Cases.paths(Int.random(in: 0...20, using: &generator), &generator)
        var pairs = EntryPairs(source: stream(left), target: stream(right))
        var found: [EntryPair] = []
        while let pair = try await pairs.next() { found.append(pair) }
        let expected = left.union(right).sorted().map { path in
            EntryPair(source: left.contains(path) ? Cases.entry(path) : nil, target: right.contains(path) ? Cases.entry(path) : nil)
        }
        #expect(found == expected)
    }

    @Test func aListingOutOfOrderIsRefused() async throws {
        let entries = ["b", "a"].map { Cases.entry(RelativePath($0)) }
        var pairs = EntryPairs(source: ListedEntries(entries), target: nil)
        await #expect(throws: TransferError.self) { while try await pairs.next() != nil {} }
    }

    @Test(arguments: SeededGenerator.seeds(200)) func aFileThatIsAFolderIsFound(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var check = NestingCheck()
        var kept: [RelativePath] = []
        for path in Cases.paths(30, &generator).sorted() {
            let expected = kept.first { path.isBelow($0) }
            let obstacle = check.obstacle(to: path)
            #expect((obstacle == nil) == (expected == nil), "\(path) with seed \(seed)")
            if obstacle == nil { kept.append(path) }
        }
    }

    @Test func namesThatAreNoneOfFiles() {
        for text in ["/a", "a/", "a//b", ".", "..", "a/../b", "./a", "a/.", "a\0b", "a/" + String(repeating: "x", count: 256)] {
            #expect(RelativePath(text).problem != nil, "\(text)")
        }
        for text in ["a", "a/b", "...", ".a", "a/..b", String(repeating: "x", count: 255)] { #expect(RelativePath(text).problem == nil) }
    }

    /// A walk gives the order of a bucket's listing, whatever names there are.
    @Test(arguments: SeededGenerator.seeds(20)) func aWalkIsInTheOrderOfListings(_ seed: UInt64) async throws {
        var generator = SeededGenerator(seed: seed)
        let scratch = try Scratch()
        defer { scratch.remove() }
        let executor = try BlockingExecutor(name: "test", threads: 2)
        defer { executor.stop() }
        var check = NestingCheck()
        var made: [RelativePath] = []
        for path in Cases.paths(60, &generator).sorted() where path.problem == nil && check.obstacle(to: path) == nil {
            guard let text = String(validating: path.bytes, as: UTF8.self) else { continue }
            let file = "\(scratch.path)/\(text)"
            try FileManager.default.createDirectory(
                atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
            try Data().write(to: URL(filePath: file))
            made.append(path)
        }
        let walk = LocalWalk(LocalPath(scratch.path), follow: false, on: executor) { _, _, _ in }
        var found: [RelativePath] = []
        while let entry = try await walk.next() { found.append(entry.path) }
        #expect(found == made)
        #expect(walk.isComplete)
    }

    @Test func linksAndUnreadableFoldersAreTold() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let executor = try BlockingExecutor(name: "test", threads: 2)
        defer { executor.stop() }
        try Data().write(to: URL(filePath: "\(scratch.path)/file"))
        try FileManager.default.createSymbolicLink(atPath: "\(scratch.path)/link", withDestinationPath: "file")
        try FileManager.default.createSymbolicLink(atPath: "\(scratch.path)/loop", withDestinationPath: ".")
        let notes = Notes()
        let walk = LocalWalk(LocalPath(scratch.path), follow: false, on: executor) { path, _, isFailure in notes.add(path, isFailure) }
        while try await walk.next() != nil {}
        #expect(notes.paths == ["link": false, "loop": false])
        let following = LocalWalk(LocalPath(scratch.path), follow: true, on: executor) { path, _, isFailure in notes.add(path, isFailure) }
        var found: [String] = []
        while let entry = try await following.next() { found.append(entry.path.description) }
        #expect(found == ["file", "link"])
        #expect(notes.paths["loop"] == true && !following.isComplete)
    }

    private func stream(_ paths: Set<RelativePath>) -> ListedEntries { ListedEntries(paths.sorted().map { Cases.entry($0) }) }
}

/// What a walk has told.
private final class Notes: Sendable {
    private let told = Mutex<[String: Bool]>([:])

    var paths: [String: Bool] { told.withLock { $0 } }

    func add(_ path: RelativePath, _ isFailure: Bool) {
        told.withLock { $0[path.description] = isFailure }
    }
}
