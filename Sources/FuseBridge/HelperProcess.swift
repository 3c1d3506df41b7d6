import FileSystemTypes
import Glibc

/// A short-lived program of which the exit status and the complaint are wanted.
package enum HelperProcess {
    /// The exit status, and what the program wrote to standard error. Blocks until it ends.
    static func run(_ program: String, _ arguments: [String]) throws(FuseError) -> (status: Int32, message: String) {
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else { throw .unmountFailed(path: program, reason: "\(Errno.current)") }
        // Another child that inherited them would keep them open.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let child = spawn(program, arguments, standardError: ends[1])
        close(ends[1])
        defer { close(ends[0]) }
        guard let child else { throw .helperMissing }
        let message = readAll(ends[0])
        var status: Int32 = 0
        while unsafe waitpid(child, &status, 0) < 0, Errno.current == .interrupted {}
        return (status, message)
    }

    /// Whether a mount answers. Another process asks it: one that waits for a mount which it serves itself could not be ended by SIGKILL, since the
    /// kernel waits for the answer, and would keep the mount for ever. True where nobody can be sent to ask.
    package static func answers(_ mountPoint: String) -> Bool {
        do throws(FuseError) {
            // Of all that can be asked statfs(2) is never answered from the kernel's memory.
            return try run("stat", ["--file-system", "--printf=", mountPoint]).status == 0
        } catch {
            return true
        }
    }

    private static func spawn(_ program: String, _ arguments: [String], standardError: Int32) -> pid_t? {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_adddup2(&actions, standardError, STDERR_FILENO)
        var words: [UnsafeMutablePointer<CChar>?] = unsafe ([program] + arguments).map { unsafe strdup($0) } + [nil]
        defer { unsafe words.forEach { unsafe free($0) } }
        var child: pid_t = 0
        guard unsafe posix_spawnp(&child, program, &actions, nil, &words, environ) == 0 else { return nil }
        return child
    }

    private static func readAll(_ descriptor: Int32) -> String {
        var result: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = unsafe read(descriptor, &chunk, chunk.count)
            guard count > 0 else { break }
            result.append(contentsOf: chunk.prefix(count))
        }
        return String(decoding: result, as: UTF8.self)
    }
}
