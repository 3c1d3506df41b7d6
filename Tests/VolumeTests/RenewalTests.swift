import FileSystemTypes
import ObjectStorage
import TestSupport
import Testing
import Volume

/// A folder in which names are being made is asked for as a whole, in time.
@Suite struct RenewalTests {
    private let caller = Caller(userID: 0, groupID: 0, processID: 7)
    private let ttl = Duration.milliseconds(800)

    private func make(_ name: String, _ volume: VolumeUnderTest, in folder: Inode) async throws {
        let options = OpenOptions(mode: .writeOnly, exclusive: true)
        let opened = try await volume.volume.create(.of(name), in: folder, permissions: 0o644, options: options, for: caller).opened
        await volume.volume.release(opened.handle)
    }

    private func remove(_ name: String, _ volume: VolumeUnderTest, from folder: Inode) async throws {
        try await volume.volume.unlink(.of(name), in: folder, for: caller)
    }

    private func isThere(_ name: String, _ volume: VolumeUnderTest, in folder: Inode) async throws -> Bool {
        guard case .found(let entry) = try await volume.volume.lookup(.of(name), in: folder, for: caller) else { return false }
        volume.volume.forget(entry.inode, count: 1)
        return true
    }

    /// A folder with these files, made here.
    private func folder(_ names: [String], _ volume: VolumeUnderTest) async throws -> Inode {
        let folder = try await volume.volume.makeDirectory(.of("folder"), in: .root, permissions: 0o755, for: caller).inode
        for name in names { try await make(name, volume, in: folder) }
        return folder
    }

    @Test(.timeLimit(.minutes(1))) func oneRequestTellsOfAllNamesThatAreNotThere() async throws {
        let volume = try await VolumeUnderTest(ttl: ttl)
        defer { volume.remove() }
        let folder = try await folder(["one", "two"], volume)
        try await Task.sleep(for: ttl * 1.25)
        volume.faults.setFaults([])
        for number in 0..<5 { #expect(try await !isThere("absent-\(number)", volume, in: folder)) }
        // HEAD asks for the folder's own key, of which nothing else is remembered here.
        #expect(volume.faults.requests == [.list, .head])
    }

    /// Negative control: a folder whose names are not known, and one with more names than a request may show for one of them.
    @Test(.timeLimit(.minutes(1)), arguments: [500, 501]) func oneNameIsCheaperThanManyOthers(count: Int) async throws {
        let volume = try await VolumeUnderTest(ttl: ttl)
        defer { volume.remove() }
        for number in 0..<count { _ = try await volume.bucket.put(Key("name-\(number)"), BytesSource(Bytes([])), ObjectAttributes(), .always) }
        volume.faults.setFaults([])
        #expect(try await !isThere("absent", volume, in: .root))
        #expect(volume.faults.requests == [.list, .head])
        _ = try await volume.volume.listing(of: .root, for: caller)
        try await Task.sleep(for: ttl * 1.25)
        volume.faults.setFaults([])
        #expect(try await !isThere("absent", volume, in: .root))
        #expect(volume.faults.requests == (count > 500 ? [.list, .head] : [.list]))
    }

    @Test(.timeLimit(.minutes(1))) func whoeverMakesNamesNeedNotWait() async throws {
        let volume = try await VolumeUnderTest(ttl: ttl)
        defer { volume.remove() }
        let folder = try await folder(["one"], volume)
        for number in 0..<6 {
            try await Task.sleep(for: ttl * 0.6)
            volume.faults.setFaults([])
            #expect(try await !isThere("absent-\(number)", volume, in: folder))
            #expect(try await isThere("folder", volume, in: .root))
            // All that is asked for is asked for after the answer.
            #expect(await volume.faults.rest())
            #expect(volume.faults.requests.filter { $0 == .list }.count <= 1)
            volume.faults.setFaults([])
            #expect(try await !isThere("absent-\(number)", volume, in: folder))
            #expect(volume.faults.requests == [])
        }
    }

    @Test(.timeLimit(.minutes(1))) func whatIsDoneMeanwhileStays() async throws {
        let volume = try await VolumeUnderTest(ttl: ttl)
        defer { volume.remove() }
        let folder = try await folder(["old", "other"], volume)
        try await Task.sleep(for: ttl * 1.25)
        // Its answer is late, and says nothing of what follows.
        volume.faults.setFaults([Fault(.nth(1), of: [.list], .after, error: nil, delay: ttl / 4)])
        async let found = isThere("absent", volume, in: folder)
        while volume.faults.requests.isEmpty { try await Task.sleep(for: .milliseconds(1)) }
        try await Task.sleep(for: ttl / 40)
        try await make("new", volume, in: folder)
        try await remove("old", volume, from: folder)
        #expect(try await !found)
        #expect(try await isThere("new", volume, in: folder))
        #expect(try await !isThere("old", volume, in: folder))
        let names = try await volume.volume.listing(of: folder, for: caller).map { String(decoding: $0.name, as: UTF8.self) }
        #expect(names.sorted() == [".", "..", "new", "other"])
    }

    @Test(.timeLimit(.minutes(1))) func attributesThatAreChangedMeanwhileStay() async throws {
        let volume = try await VolumeUnderTest(ttl: ttl)
        defer { volume.remove() }
        let folder = try await folder(["old"], volume)
        try await Task.sleep(for: ttl * 1.25)
        volume.faults.setFaults([Fault(.nth(1), of: [.head], .after, error: nil, delay: ttl / 4)])
        async let found = isThere("absent", volume, in: folder)
        while !volume.faults.requests.contains(.head) { try await Task.sleep(for: .milliseconds(1)) }
        try await Task.sleep(for: ttl / 20)
        var change = AttributeChange()
        change.permissions = 0o700
        _ = try await volume.volume.setAttributes(change, of: folder, handle: nil, for: caller)
        #expect(try await !found)
        #expect(try await volume.volume.attributes(of: folder, handle: nil).attributes.permissions == 0o700)
    }

    @Test(.timeLimit(.minutes(1))) func whatOthersDoIsSeenInTime() async throws {
        let volume = try await VolumeUnderTest(ttl: ttl)
        defer { volume.remove() }
        let folder = try await folder(["one", "two"], volume)
        #expect(try await !isThere("theirs", volume, in: folder))
        _ = try await volume.bucket.put(Key("folder/theirs"), BytesSource(Bytes([1])), ObjectAttributes(), .always)
        try await volume.bucket.delete(Key("folder/one"))
        try await Task.sleep(for: ttl * 1.25)
        #expect(try await isThere("theirs", volume, in: folder))
        #expect(try await !isThere("one", volume, in: folder))
        try await volume.bucket.delete(Key("folder/two"))
        try await volume.bucket.delete(Key("folder/theirs"))
        try await volume.bucket.delete(Key("folder/"))
        try await Task.sleep(for: ttl * 1.25)
        #expect(try await !isThere("folder", volume, in: .root))
    }

    @Test(.timeLimit(.minutes(1))) func aFailedRequestIsToldToWhoeverAsks() async throws {
        let volume = try await VolumeUnderTest(ttl: ttl)
        defer { volume.remove() }
        let folder = try await folder(["one"], volume)
        try await Task.sleep(for: ttl * 1.25)
        volume.faults.setFaults([Fault(.every, error: StoreError(.accessDenied, "refused"))])
        await #expect(throws: Errno.accessDenied) { try await isThere("absent", volume, in: folder) }
        volume.faults.setFaults([])
        #expect(try await !isThere("absent", volume, in: folder))
    }
}
