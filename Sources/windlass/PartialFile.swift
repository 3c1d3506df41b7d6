import FileSystemTypes
import Glibc
import LocalFiles
import ObjectStorage
import Threads

/// A file that is made beside its final name and moved there when it is whole.
final class PartialFile: Sendable {
    private let path: String
    private let beside: String
    private let file: LocalFile
    private let position = Position()

    init(_ path: String, on executor: BlockingExecutor) throws {
        self.path = path
        beside = "\(path).windlass-\(getpid())"
        do throws(Errno) {
            if let facts = try? FileFacts.at(path), facts.isFolder { throw .isDirectory }
            file = try LocalFile(beside, .write, on: executor)
        } catch {
            throw Failure("cannot write \(path): \(error)")
        }
    }

    func append(_ bytes: Bytes) async throws(StoreError) {
        do throws(Errno) {
            try await file.write(bytes, at: position.advance(by: bytes.count))
        } catch {
            throw StoreError(.localFailure, "cannot write \(path): \(error)")
        }
    }

    func finish() throws {
        guard unsafe rename(beside, path) == 0 else { throw Failure("cannot write \(path): \(Errno.current)") }
    }

    func discard() {
        unsafe unlink(beside)
    }
}
