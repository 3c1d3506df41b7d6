import FileSystemTypes
import Foundation
import Glibc
import UserFiles
import ObjectStorage
import Threads

/// A file that is made beside its final name and moved there when it is whole.
final class PartialFile: Sendable {
    private let path: String
    /// The same as `path` where that is no plain file, such as a pipe: it stays what it is.
    private let beside: String
    private let file: UserFile
    private let position = Position()

    init(_ path: String, on executor: BlockingExecutor) throws {
        let path = (path as NSString).resolvingSymlinksInPath
        let facts = try? FileFacts.at(path)
        self.path = path
        beside = facts.map { $0.isPlainFile } ?? true ? "\(path).windlass-\(getpid())" : path
        do throws(Errno) {
            if facts?.isFolder == true { throw .isDirectory }
            // Of a process with the same number that was ended.
            if beside != path { unsafe unlink(beside) }
            file = try UserFile(beside, .write, on: executor)
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
        guard beside != path else { return }
        guard unsafe rename(beside, path) == 0 else { throw Failure("cannot write \(path): \(Errno.current)") }
    }

    func discard() {
        if beside != path { unsafe unlink(beside) }
    }
}
