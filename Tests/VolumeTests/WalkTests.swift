import FileSystemTypes
import ObjectStorage
import TestSupport
import Testing
import Volume

/// Somebody goes through a tree, as find(1) does: the names of a folder to the end, then each folder in it.
@Suite struct WalkTests {
    private let caller = Caller(userID: 0, groupID: 0, processID: 7)
    private static let folders = 60

    /// A bucket with `folders` folders of `files` empty files each, and requests counted from here on.
    private func filled(with files: Int, ttl: Duration, _ configure: (inout VolumeOptions) -> Void) async throws -> VolumeUnderTest {
        let volume = try await VolumeUnderTest(ttl: ttl, configure: configure)
        for folder in 0..<Self.folders {
            for file in 0..<files {
                let key = Key("tree/dir-\(folder / 10)\(folder % 10)/file-\(file)")
                _ = try await volume.bucket.put(key, BytesSource(Bytes()), ObjectAttributes(), .always)
            }
        }
        volume.faults.setFaults([])
        return volume
    }

    /// Gives how many files there are in all; `pause`: between reading a folder's names and going into those in it.
    private func walk(_ volume: VolumeUnderTest, _ folder: Inode, pause: Duration = .zero) async throws -> Int {
        let entries = try await volume.volume.listing(of: folder, for: caller).filter { $0.name != Array(".".utf8) && $0.name != Array("..".utf8) }
        if pause > .zero, entries.contains(where: { $0.kind == .directory }) { try await Task.sleep(for: pause) }
        var files = entries.count { $0.kind != .directory }
        for entry in entries where entry.kind == .directory {
            guard let name = FileName(entry.name) else { continue }
            files += try await walk(volume, try await inode(of: name, in: folder, volume))
        }
        return files
    }

    private func inode(of name: FileName, in folder: Inode, _ volume: VolumeUnderTest) async throws -> Inode {
        guard case .found(let entry) = try await volume.volume.lookup(name, in: folder, for: caller) else { throw Errno.noSuchFile }
        return entry.inode
    }

    /// What is asked for ahead may be asked for once more by whoever wants it at the same time: nothing joins requests here.
    private func isOnceEach(_ requests: [StoreOperation]) -> Bool {
        let lists = requests.count { $0 == .list }
        let heads = requests.count { $0 == .head }
        return lists <= Self.folders * 4 / 3 + 10 && heads <= Self.folders / 4
    }

    /// Many more names than may be remembered are listed on the way.
    @Test(.timeLimit(.minutes(1))) func whatIsListedBelowAFolderDoesNotDriveOutItsNames() async throws {
        let volume = try await filled(with: 50, ttl: .seconds(60)) { $0.maximumListedNames = 500 }
        defer { volume.remove() }
        let tree = try await inode(of: .of("tree"), in: .root, volume)
        #expect(try await walk(volume, tree) == 50 * Self.folders)
        #expect(isOnceEach(volume.faults.requests), "\(volume.faults.requests)")
    }

    /// One listing of what is below tells of many small folders.
    @Test(.timeLimit(.minutes(1))) func smallFoldersAreListedTogether() async throws {
        let volume = try await filled(with: 10, ttl: .seconds(60)) { _ in }
        defer { volume.remove() }
        let tree = try await inode(of: .of("tree"), in: .root, volume)
        #expect(try await walk(volume, tree) == 10 * Self.folders)
        let lists = volume.faults.requests.count { $0 == .list }
        #expect(lists <= 15, "\(lists) for \(Self.folders) folders")
    }

    /// Where a page holds no folder as a whole each is listed by itself, and that is tried again only later.
    @Test(.timeLimit(.minutes(1))) func longFoldersAreListedAlone() async throws {
        let volume = try await filled(with: 1200, ttl: .seconds(60)) { _ in }
        defer { volume.remove() }
        let tree = try await inode(of: .of("tree"), in: .root, volume)
        #expect(try await walk(volume, tree) == 1200 * Self.folders)
        let lists = volume.faults.requests.count { $0 == .list }
        #expect(lists <= 2 * Self.folders * 4 / 3 + 10, "\(lists)")
    }

    /// What was listed of the folder is not believed any more when somebody goes into those in it.
    @Test(.timeLimit(.minutes(1))) func aFolderIsFoundByItsOwnListing() async throws {
        let volume = try await filled(with: 5, ttl: .seconds(3)) { _ in }
        defer { volume.remove() }
        let tree = try await inode(of: .of("tree"), in: .root, volume)
        #expect(try await walk(volume, tree, pause: .milliseconds(3100)) == 5 * Self.folders)
        #expect(isOnceEach(volume.faults.requests), "\(volume.faults.requests)")
    }

    /// The listing that finds a folder also finds that it is not there any more, or is a file now.
    @Test(.timeLimit(.minutes(1))) func whatHasChangedMeanwhileIsSeen() async throws {
        let volume = try await filled(with: 1, ttl: .seconds(1)) { _ in }
        defer { volume.remove() }
        let tree = try await inode(of: .of("tree"), in: .root, volume)
        _ = try await volume.volume.listing(of: tree, for: caller)
        for number in 0..<4 { _ = try await walk(volume, try await inode(of: .of("dir-0\(number)"), in: tree, volume)) }
        for number in 4..<6 { try await volume.bucket.delete(Key("tree/dir-0\(number)/file-0")) }
        _ = try await volume.bucket.put(Key("tree/dir-05"), BytesSource(Bytes([1])), ObjectAttributes(), .always)
        try await Task.sleep(for: .milliseconds(1100))
        await #expect(throws: Errno.noSuchFile) { try await inode(of: .of("dir-04"), in: tree, volume) }
        guard case .found(let entry) = try await volume.volume.lookup(.of("dir-05"), in: tree, for: caller) else { throw Errno.noSuchFile }
        #expect(entry.attributes.kind == .regular)
    }
}
