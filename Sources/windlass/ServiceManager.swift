import Foundation
import FuseBridge
import Glibc
import Logging
import Logs
import Threads

/// systemd, where it has started this process and wants to hear of it (sd_notify(3)).
struct ServiceManager: Sendable {
    private static let socketVariable = "NOTIFY_SOCKET"
    private static let watchdogVariables = ["WATCHDOG_USEC", "WATCHDOG_PID"]

    private let socket: String
    /// It ends a process that it has not heard of for so long.
    private let patience: Duration?

    /// Nil where nobody listens. Processes that this one starts do not speak to it: the variables are taken out of the environment.
    static func present() -> ServiceManager? {
        let environment = ProcessInfo.processInfo.environment
        for name in watchdogVariables + [socketVariable] { unsafe unsetenv(name) }
        guard let socket = environment[socketVariable], !socket.isEmpty else { return nil }
        let isMeant = environment["WATCHDOG_PID"].map { $0 == "\(getpid())" } ?? true
        let microseconds = isMeant ? environment["WATCHDOG_USEC"].flatMap { Int64($0) } : nil
        return ServiceManager(socket: socket, patience: microseconds.map { .microseconds($0) })
    }

    /// The mount answers. From now on it is looked at as often as the watchdog wants.
    func ready(_ mountPoint: String, _ logger: Logger) {
        tell("READY=1\nSTATUS=mounted at \(mountPoint)\nMAINPID=\(getpid())")
        guard let patience else { return }
        do throws(ThreadError) {
            try NamedThread.start("watchdog") { watch(mountPoint, every: patience / 3) }.detach()
        } catch {
            logger.warning("the watchdog is not told that the mount lives: \(error)")
        }
    }

    /// What is written is being stored; after that the process ends.
    func stopping() {
        tell("STOPPING=1\nSTATUS=storing what was written")
    }

    /// The whole way is tried: the kernel, libfuse, this program. Where it hangs, so does this thread, and nothing is told any more.
    private func watch(_ mountPoint: String, every interval: Duration) {
        let pause = UInt32(clamping: Int64(interval / .microseconds(1)))
        while true {
            if HelperProcess.answers(mountPoint) { tell("WATCHDOG=1") }
            usleep(pause)
        }
    }

    private func tell(_ message: String) {
        _ = Datagram.send(Array(message.utf8), to: socket)
    }
}
