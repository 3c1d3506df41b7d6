internal import Foundation
internal import Glibc

/// A program whose standard output is read to its end. Blocks; for threads of their own.
struct ChildProcess {
    let words: [String]
    let environment: [String: String]

    private static let outputLimit = 256 << 10

    /// What the program printed. It and what it started in its process group are killed when `limit` is over.
    func output(limit: Duration) throws(CredentialsError) -> [UInt8] {
        let deadline = ContinuousClock.now + limit
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else { throw Self.failure("cannot start", errno) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[0]) }
        let process: pid_t
        do {
            defer { close(ends[1]) }
            process = try spawn(output: ends[1])
        }
        let result = Result { () throws(CredentialsError) in try Self.read(ends[0], until: deadline) }
        let status = try Self.end(process, until: deadline, isUseless: (try? result.get()) == nil)
        let output = try result.get()
        guard status == 0 else { throw CredentialsError("credential_process ended with status \(status); run it by hand to see why") }
        return output
    }

    private func spawn(output: Int32) throws(CredentialsError) -> pid_t {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        unsafe posix_spawn_file_actions_adddup2(&actions, output, 1)
        for descriptor in Self.openDescriptors where descriptor > 2 { unsafe posix_spawn_file_actions_addclose(&actions, descriptor) }
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        Self.makeOrdinary(&attributes)
        var arguments = unsafe words.map { unsafe strdup($0) } + [nil]
        var variables = unsafe environment.map { unsafe strdup("\($0.key)=\($0.value)") } + [nil]
        defer { unsafe (arguments + variables).forEach { unsafe free($0) } }
        var process = pid_t()
        let code = unsafe posix_spawnp(&process, words[0], &actions, &attributes, &arguments, &variables)
        guard code == 0 else { throw Self.failure("cannot start \(words[0])", code) }
        return process
    }

    /// The program inherits none of them, whatever their flags. One that is closed meanwhile does no harm.
    private static var openDescriptors: [Int32] {
        ((try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []).compactMap { Int32($0) }
    }

    /// A process group of its own, and none of the signals that this program blocks or ignores.
    private static func makeOrdinary(_ attributes: inout posix_spawnattr_t) {
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe posix_spawnattr_setsigmask(&attributes, &signals)
        unsafe sigaddset(&signals, SIGPIPE)
        unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
        unsafe posix_spawnattr_setpgroup(&attributes, 0)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    }

    private static func read(_ descriptor: Int32, until deadline: ContinuousClock.Instant) throws(CredentialsError) -> [UInt8] {
        var output: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 4096)
        while true {
            guard deadline > .now else { throw CredentialsError("credential_process did not end in time; run it by hand to see why") }
            var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard unsafe Glibc.poll(&poll, 1, 50) > 0 else { continue }
            let count = unsafe Glibc.read(descriptor, &block, block.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return output }
            output.append(contentsOf: block[..<count])
            guard output.count <= outputLimit else {
                throw CredentialsError("credential_process prints more than credentials; run it by hand to see what")
            }
        }
    }

    /// Waits for the program, killing it when it is `isUseless` or late. Its exit status, or 128 and the signal.
    private static func end(_ process: pid_t, until deadline: ContinuousClock.Instant, isUseless: Bool) throws(CredentialsError) -> Int32 {
        var status: Int32 = 0
        var isKilled = false
        while true {
            if !isKilled, isUseless || deadline <= .now {
                kill(-process, SIGKILL)
                isKilled = true
            }
            let ended = unsafe waitpid(process, &status, isKilled ? 0 : WNOHANG)
            if ended == process { return status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f) }
            if ended < 0, errno != EINTR { throw failure("cannot wait for the program", errno) }
            if ended == 0 { usleep(5000) }
        }
    }

    private static func failure(_ what: String, _ code: Int32) -> CredentialsError {
        unsafe CredentialsError("credential_process: \(what): \(String(cString: strerror(code))); check the command")
    }
}
