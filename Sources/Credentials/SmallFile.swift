internal import Glibc

/// Reads the small files in which credentials are kept. Blocks on the disk.
enum SmallFile {
    enum Privacy {
        case any
        /// A regular file of this user that nobody else may read or change.
        case ownerOnly
        /// A regular file of the administrator or this user that only its group may read beside the owner; out of reach counts as absent.
        case system
    }

    private static let sizeLimit = 1 << 20

    /// Nil when there is no such file. A symbolic link is followed: what counts is the file at its end.
    static func read(_ path: String, _ privacy: Privacy = .any) throws(CredentialsError) -> String? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else {
            if errno == ENOENT || errno == ENOTDIR || (errno == EACCES && privacy == .system) { return nil }
            throw CredentialsError("cannot read \(path): \(reason(errno)); check its permissions")
        }
        defer { close(descriptor) }
        try check(descriptor, path, privacy)
        return String(decoding: try bytes(descriptor, path), as: UTF8.self)
    }

    private static func check(_ descriptor: Int32, _ path: String, _ privacy: Privacy) throws(CredentialsError) {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw CredentialsError("cannot read \(path): \(reason(errno))") }
        guard status.st_mode & S_IFMT == S_IFREG else { throw CredentialsError("\(path) is not a regular file; name one that is") }
        guard privacy != .any else { return }
        guard status.st_uid == geteuid() || (privacy == .system && status.st_uid == 0) else {
            throw CredentialsError("\(path) belongs to another user; it is read only when it is yours")
        }
        let (refused, right): (mode_t, String) = privacy == .system ? (0o137, "640") : (0o177, "600")
        guard status.st_mode & refused == 0 else {
            throw CredentialsError("\(path) is open to others; run: chmod \(right) \(path)")
        }
    }

    private static func bytes(_ descriptor: Int32, _ path: String) throws(CredentialsError) -> [UInt8] {
        var content: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = unsafe Glibc.read(descriptor, &block, block.count)
            if count == 0 { return content }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw CredentialsError("cannot read \(path): \(reason(errno))") }
            content.append(contentsOf: block[..<count])
            guard content.count <= sizeLimit else { throw CredentialsError("\(path) is longer than 1 MiB; it holds something else than credentials") }
        }
    }

    private static func reason(_ code: Int32) -> String {
        unsafe String(cString: strerror(code))
    }
}

extension SmallFile {
    /// As `read`, on a thread that may block.
    static func load(_ path: String, _ privacy: Privacy = .any) async throws(CredentialsError) -> String? {
        try await BlockingCall.run("reading \(path)", limit: .seconds(10)) {
            Result { () throws(CredentialsError) in try read(path, privacy) }
        }
    }
}
