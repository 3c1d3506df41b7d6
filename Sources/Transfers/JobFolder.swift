internal import Crypto
package import FileSystemTypes
internal import Foundation
internal import LocalFiles

/// What a job was asked to do, so that it can be taken up again by its number.
package struct JobDescription: Hashable, Codable, Sendable {
    /// The command line without the program's name. Never a secret: there is none on command lines.
    package var arguments: [String]
    /// The folder in which it was given.
    package var folder: String
    package var source: String
    package var target: String
    /// Seconds of UNIX time.
    package var begun: Int64

    package init(arguments: [String], folder: String, source: String, target: String, begun: Int64) {
        self.arguments = arguments
        self.folder = folder
        self.source = source
        self.target = target
        self.begun = begun
    }
}

/// What a running job has last said of itself, or an ended one at its end.
package struct JobStatus: Hashable, Codable, Sendable {
    package enum Phase: String, Hashable, Codable, Sendable {
        case running
        case paused
        /// Ended before its end: by a signal, or by what stands in `error`.
        case interrupted
        case failed
    }

    package var phase: Phase
    package var figures: TransferFigures
    package var error: String?

    package init(phase: Phase, figures: TransferFigures, error: String? = nil) {
        self.phase = phase
        self.figures = figures
        self.error = error
    }
}

/// The right to work on a job.
package struct JobLock: Sendable {
    fileprivate let descriptor: FileDescriptor

    package func release() {
        descriptor.close()
    }
}

/// The folder of one job: what it is to do, how far it is, and the lock of the process that does it.
///
/// Its number follows from what it is to do, so the same command finds it again. All calls block for as long as the disk does.
package struct JobFolder: Hashable, Sendable {
    package let path: LocalPath
    /// In hexadecimal.
    package let number: String

    /// `facts` are what tells this job from others, such as source, target and endpoints.
    package static func number(of facts: [String]) -> String {
        let text = facts.map { "\($0.utf8.count):\($0)" }.joined()
        return SHA256.hash(data: Array(text.utf8)).prefix(6).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    package init(base: LocalPath, number: String) {
        self.number = number
        path = base.appending(RelativePath(number))
    }

    /// Those there are in `base`.
    package static func all(in base: LocalPath) -> [JobFolder] {
        let names = (try? LocalSystem.names(in: base)) ?? []
        return names.map { String(decoding: $0.name, as: UTF8.self) }.sorted().map { JobFolder(base: base, number: $0) }
    }

    package func make(_ description: JobDescription) throws(Errno) {
        do throws(Errno) { try LocalSystem.makeFolder(path) } catch { if error != .exists { throw error } }
        if self.description == nil { try write(description, "job.json") }
    }

    /// Nil where there is no such job.
    package var description: JobDescription? { read("job.json") }

    package var status: JobStatus? { read("status.json") }

    package func write(_ status: JobStatus) throws(Errno) {
        try write(status, "status.json")
    }

    package var checkpoint: LocalPath { file("checkpoint") }
    package var extras: LocalPath { file("extras") }

    /// Whether the process that works on it, if there is one, is to take away all traces at its end.
    package var isCancelled: Bool { (try? LocalSystem.facts(file("cancel"), follow: false)) != nil }

    package func markCancelled() throws(Errno) {
        try LocalSystem.open(file("cancel"), O_WRONLY | O_CREAT).close()
    }

    /// Of the process that works on it.
    package var process: Int32? {
        guard let lock = try? LocalSystem.open(file("lock"), O_RDWR) else { return nil }
        defer { lock.close() }
        guard flock(lock.number, LOCK_SH | LOCK_NB) != 0 else { return nil }
        guard let bytes = try? lock.read(at: 0, count: 16) else { return nil }
        return Int32(String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self))
    }

    /// The right to work on it, which ends with the process, however that ends. Nil while another process has it.
    package func lock() throws(Errno) -> JobLock? {
        let lock = try LocalSystem.open(file("lock"), O_RDWR | O_CREAT)
        do throws(Errno) {
            guard try Self.take(lock) else {
                lock.close()
                return nil
            }
            let text = Array("\(getpid())\n".utf8)
            try lock.write(text[...], at: 0)
            try lock.truncate(to: Int64(text.count))
            return JobLock(descriptor: lock)
        } catch {
            lock.close()
            throw error
        }
    }

    /// Whoever only looks whether it is taken holds it for a moment.
    private static func take(_ lock: FileDescriptor) throws(Errno) -> Bool {
        for _ in 0..<10 {
            if flock(lock.number, LOCK_EX | LOCK_NB) == 0 { return true }
            guard Errno.current == .tryAgain else { throw Errno.current }
            usleep(20_000)
        }
        return false
    }

    /// It is done, and is forgotten.
    package func remove() throws(Errno) {
        for (name, _) in try LocalSystem.names(in: path) { try LocalSystem.remove(path.appending(RelativePath(name))) }
        try LocalSystem.removeFolder(path)
    }

    private func file(_ name: String) -> LocalPath { path.appending(RelativePath(name)) }

    private func read<Value: Decodable>(_ name: String) -> Value? {
        guard let file = try? LocalSystem.open(file(name), O_RDONLY) else { return nil }
        defer { file.close() }
        guard let bytes = try? file.read(at: 0, count: 1 << 20) else { return nil }
        return try? JSONDecoder().decode(Value.self, from: Data(bytes))
    }

    /// Replaced in one step: whoever reads it finds the old or the new.
    private func write(_ value: some Encodable, _ name: String) throws(Errno) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(value) else { throw .invalidArgument }
        let (bytes, beside) = (Array(data), file(name + ".new"))
        let file = try LocalSystem.open(beside, O_RDWR | O_CREAT | O_TRUNC)
        defer { file.close() }
        try file.write(bytes[...], at: 0)
        try file.sync()
        try LocalSystem.rename(beside, to: self.file(name))
    }
}
