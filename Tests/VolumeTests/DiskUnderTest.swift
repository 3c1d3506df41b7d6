import Foundation
import PowerCutSupport
import Staging
import Synchronization

/// The local disk of one life of a volume, whose power may go.
///
/// The journal's commits reach the disk as a whole, so what the disk has of it is what was committed last: a cut waits for the commit under way.
/// What the staging files lose is for `PowerCutFiles` to say.
final class DiskUnderTest: Sendable {
    private let folder: URL
    /// Nil for a disk that only a process leaves.
    private let files: PowerCutFiles?
    private let committing = DispatchSemaphore(value: 1)

    init(_ ending: VolumeUnderTest.Ending, _ seed: UInt64, _ folder: URL) {
        self.folder = folder
        if case .powerCut(let omission) = ending {
            files = PowerCutFiles(loss: seed % 2 == 0 ? .everything : .some(seed: seed), without: omission) {}
        } else {
            files = nil
        }
    }

    func open(_ identity: MountIdentity) throws -> (StateFolder, Recovered) {
        var options = StateFolder.Options(freeSpaceFloor: 0)
        guard let files else { return try StateFolder.open(identity, base: folder.path, options: options) }
        for mount in try FileManager.default.contentsOfDirectory(atPath: folder.path) { files.adopt("\(folder.path)/\(mount)/files") }
        options.onCommit = { [committing] isDone in
            if isDone { committing.signal() } else { committing.wait() }
        }
        return try StateFolder.open(identity, base: folder.path, options: options, files: files)
    }

    /// Ends the life: the next finds what the disk has.
    func end(_ state: StateFolder) async throws {
        guard let files else { return try state.close() }
        // Off the threads that tasks share.
        let image = folder.appendingPathExtension("image")
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            Thread.detachNewThread { [self] in
                continuation.resume(with: Result { try self.cut(files, to: image) })
            }
        }
        try? state.close()
        try FileManager.default.removeItem(at: folder)
        try FileManager.default.moveItem(at: image, to: folder)
    }

    private func cut(_ files: PowerCutFiles, to image: URL) throws {
        committing.wait()
        defer { committing.signal() }
        files.cut()
        try FileManager.default.copyItem(at: folder, to: image)
        for mount in try FileManager.default.contentsOfDirectory(atPath: image.path) {
            let staging = "\(image.path)/\(mount)/files"
            guard FileManager.default.fileExists(atPath: staging) else { continue }
            for name in try FileManager.default.contentsOfDirectory(atPath: staging) {
                try FileManager.default.removeItem(atPath: "\(staging)/\(name)")
            }
            for (path, bytes) in files.survivors where path.hasPrefix("\(folder.path)/\(mount)/") {
                try Data(bytes).write(to: URL(filePath: "\(staging)/\((path as NSString).lastPathComponent)"))
            }
        }
    }
}
