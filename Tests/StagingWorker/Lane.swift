import FileSystemTypes
import LocalFiles
import ObjectStorage
import Staging

/// Files that one task changes, one change at a time. Before a change that a kill may or may not leave undone it says so.
struct Lane {
    private struct File {
        let id: FileID
        let staged: StagedFile
        var version: UInt64
        var ranges: [ByteRange]
        var content: [UInt8]
        var parts = 0
    }

    private let folder: StateFolder
    private var random: Random
    private var files: [File] = []

    init(folder: StateFolder, random: Random) {
        self.folder = folder
        self.random = random
    }

    /// Goes on with what was left; what was never acknowledged is cleared away.
    mutating func adopt(_ left: [Recovered.File]) async throws(StateError) {
        for file in left {
            guard let content = file.content, let staged = try await folder.openFile(of: file.record.id, content) else {
                try await folder.journal.commit([.remove(file.record.id)])
                continue
            }
            let (version, ranges) = FileContent.decode(content.extents)
            try staged.keepOnly(ranges)
            var bytes = Bytes()
            for range in ranges { bytes.append(try staged.read(at: range.offset, count: Int(range.count))) }
            files.append(
                File(id: file.record.id, staged: staged, version: version, ranges: ranges, content: bytes.contiguous, parts: file.parts.count))
        }
    }

    mutating func step() async throws(StateError) {
        let choice = random.next() % 10
        if files.isEmpty || choice < 2 && files.count < 6 { return try await create() }
        let index = Int(random.next() % UInt64(files.count))
        switch choice {
        case 0...4: try await append(index)
        case 5: try await replaceFront(index)
        case 6: try await storePart(index)
        case 7: try await intend()
        default: try await remove(index)
        }
    }

    private mutating func create() async throws(StateError) {
        let id = folder.journal.newFileID()
        try await folder.journal.commit([.put(FileRecord(id: id, key: Key("\(id)"), base: .new))])
        files.append(File(id: id, staged: try await folder.makeFile(), version: 0, ranges: [], content: []))
        try await append(files.count - 1)
    }

    private mutating func append(_ index: Int) async throws(StateError) {
        let bytes = random.bytes(Int(random.next() % 30_000) + 1)
        let offset = try files[index].staged.append(Bytes(bytes))
        files[index].ranges.append(ByteRange(offset: offset, count: Int64(bytes.count)))
        files[index].content += bytes
        try await acknowledge(index)
    }

    /// The front goes to other bytes at the end of the staging file; the old ones are given back once nothing refers to them.
    private mutating func replaceFront(_ index: Int) async throws(StateError) {
        let old = files[index].ranges[0]
        let bytes = random.bytes(Int(old.count))
        let offset = try files[index].staged.append(Bytes(bytes))
        files[index].ranges[0] = ByteRange(offset: offset, count: old.count)
        files[index].content.replaceSubrange(0..<bytes.count, with: bytes)
        try await acknowledge(index)
        try files[index].staged.release(old)
    }

    private mutating func acknowledge(_ index: Int) async throws(StateError) {
        files[index].version += 1
        // They are of the content before.
        files[index].parts = 0
        let file = files[index]
        let what = "\(file.id) \(file.version) \(file.content.count) \(CRC32C.check(of: file.content))"
        say("trying \(what)")
        try await folder.acknowledge(
            file.id, extents: FileContent.encode(file.version, file.ranges), in: file.staged, .state(file.id, .closed))
        say("done \(what)")
    }

    private mutating func storePart(_ index: Int) async throws(StateError) {
        let file = files[index]
        var changes: [JournalChange] = []
        if file.parts == 0 { changes.append(.uploadCreated(file.id, Upload(key: Key("\(file.id)"), id: UploadID("u\(file.id)")))) }
        let number = file.parts + 1
        changes.append(.partStored(file.id, JournaledPart(number: number, etag: ETag("p\(number)"), range: ByteRange(offset: 0, count: 1))))
        try await folder.journal.commit(changes)
        files[index].parts = number
        say("parts \(file.id) \(number)")
    }

    private mutating func intend() async throws(StateError) {
        let id = folder.journal.newNoteID()
        try await folder.journal.commit([.putIntent(Intent(id: id, action: .delete(Key("\(id)"), base: nil)))])
        say("intent \(id)")
        if random.next() % 4 > 0 {
            say("dropping \(id)")
            try await folder.journal.commit([.removeIntent(id)])
            say("dropped \(id)")
        }
    }

    private mutating func remove(_ index: Int) async throws(StateError) {
        let file = files.remove(at: index)
        say("removing \(file.id)")
        try await folder.journal.commit([.remove(file.id)])
        say("removed \(file.id)")
        try file.staged.remove()
    }
}
