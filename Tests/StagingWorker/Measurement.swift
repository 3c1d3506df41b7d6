import FileSystemTypes
import ObjectStorage
import Staging

/// How many files a second can be acknowledged: made, written, closed, each of them surviving a power cut.
struct Measurement {
    let files: Int
    let size: Int
    let tasks: Int

    func run(_ base: String) async throws(StateError) {
        let (folder, _) = try StagingWorker.open(base)
        let clock = ContinuousClock()
        let start = clock.now
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<tasks {
                group.addTask { await write(files / tasks, folder) }
            }
        }
        let seconds = (clock.now - start) / .seconds(1)
        say("\(Int(Double(files) / seconds)) files/s (\(files) of \(size) bytes, \(tasks) at once), \(folder.journal.commits) commits")
        measureBytes(try await folder.makeFile())
        try folder.close()
    }

    private func write(_ count: Int, _ folder: StateFolder) async {
        let bytes = Bytes([UInt8](repeating: 7, count: size))
        do throws(StateError) {
            for _ in 0..<count {
                let id = folder.journal.newFileID()
                let file = try await folder.makeFile()
                _ = try file.append(bytes)
                try await folder.acknowledge(creating: FileRecord(id: id, key: Key("\(id)"), base: .new, state: .closed), extents: [1], in: file)
            }
        } catch {
            say("error \(error)")
        }
    }

    /// Appends and reads a stretch of a large file, in pieces as the kernel hands them over.
    private func measureBytes(_ file: StagedFile) {
        let piece = Bytes([UInt8](repeating: 7, count: 1 << 20))
        let clock = ContinuousClock()
        do throws(StateError) {
            let start = clock.now
            for _ in 0..<256 { _ = try file.append(piece) }
            let middle = clock.now
            for index in 0..<256 { _ = try file.read(at: Int64(index) << 20, count: 1 << 20) }
            let end = clock.now
            say("append \(Int(256 / ((middle - start) / .seconds(1)))) MiB/s, checked read \(Int(256 / ((end - middle) / .seconds(1)))) MiB/s")
        } catch {
            say("error \(error)")
        }
    }
}
