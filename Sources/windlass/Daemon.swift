import Foundation
import Glibc

/// Putting a mount into the background: the program starts itself again, and waits until that copy's mount answers.
enum Daemon {
    private static let variable = "WINDLASS_READY_DESCRIPTOR"
    private static let limitMilliseconds: Int32 = 60_000

    /// The process that waits for this one.
    struct Parent: Sendable {
        fileprivate let descriptor: Int32

        /// The mount answers: the parent may go, and nothing is written to its terminal any more.
        func tellReady() {
            Terminal.write("R", to: descriptor)
            close(descriptor)
            let null = unsafe open("/dev/null", O_RDWR)
            for standard in STDIN_FILENO...STDERR_FILENO { dup2(null, standard) }
            if null > STDERR_FILENO { close(null) }
            _ = unsafe chdir("/")
        }
    }

    /// Nil when nobody waits: the mount was started in the foreground.
    static func parent() -> Parent? {
        guard let text = ProcessInfo.processInfo.environment[variable], let descriptor = Int32(text) else { return nil }
        unsafe unsetenv(variable)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        setsid()
        return Parent(descriptor: descriptor)
    }

    /// Starts the copy; its errors go to this process's standard error. The exit code for this process.
    static func start() throws -> Int32 {
        var ends: [Int32] = [0, 0]
        guard unsafe pipe(&ends) == 0 else { throw Failure("cannot make a pipe: \(unsafe String(cString: strerror(errno)))") }
        let child = try spawn(readyDescriptor: ends[1])
        close(ends[1])
        return try outcome(of: child, ends[0])
    }

    private static func spawn(readyDescriptor: Int32) throws -> pid_t {
        var environment = ProcessInfo.processInfo.environment
        environment[variable] = String(readyDescriptor)
        if environment[CrashReports.variable] == nil { environment[CrashReports.variable] = CrashReports.setting }
        let arguments = ["windlass"] + Invocation.arguments + ["--foreground"]
        let variables = environment.map { "\($0.key)=\($0.value)" }
        var child = pid_t()
        let status = unsafe withCStrings(arguments) { argv in
            unsafe withCStrings(variables) { envp in
                unsafe posix_spawn(&child, "/proc/self/exe", nil, nil, argv, envp)
            }
        }
        guard status == 0 else { throw Failure("cannot start the mount in the background: \(unsafe String(cString: strerror(status)))") }
        return child
    }

    private static func withCStrings<Value>(_ texts: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Value) -> Value {
        let pointers = unsafe texts.map { unsafe strdup($0) } + [nil]
        defer {
            for index in texts.indices { unsafe free(pointers[index]) }
        }
        return unsafe body(pointers)
    }

    private static func outcome(of child: pid_t, _ descriptor: Int32) throws -> Int32 {
        var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard unsafe Glibc.poll(&poll, 1, limitMilliseconds) > 0 else {
            kill(child, SIGTERM)
            throw Failure("the mount did not answer within \(limitMilliseconds / 1000) seconds; try again with --foreground --log-level debug")
        }
        var byte: UInt8 = 0
        if unsafe read(descriptor, &byte, 1) == 1 { return 0 }
        var status: Int32 = 0
        unsafe waitpid(child, &status, 0)
        let code = status & 0x7f == 0 ? (status >> 8) & 0xff : 1
        return code == 0 ? 1 : code
    }
}
