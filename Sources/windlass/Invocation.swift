import Configuration
import Foundation
import Glibc
import Synchronization

/// The command line of this process, with what configuration files add to it.
enum Invocation {
    /// The name under which mount(8) starts this program for `mount -t windlass`.
    private static let helperName = "mount.windlass"
    private static let completed = Mutex<[String]>([])

    /// Without the program's name; after `begin`.
    static var arguments: [String] { completed.withLock { $0 } }

    /// Another command line is carried out in this one's place, as it was completed at its time.
    static func replace(_ arguments: [String]) {
        completed.withLock { $0 = arguments }
    }

    static var isMountHelper: Bool {
        CommandLine.arguments.first.map { $0.split(separator: "/").last.map(String.init) == helperName } ?? false
            || MountHelper.isMeant(by: Array(CommandLine.arguments.dropFirst()))
    }

    /// Reads what is to be read. Ends the process where mount(8) wants nothing but a try.
    static func begin() throws {
        do throws(ConfigurationError) {
            var given = Array(CommandLine.arguments.dropFirst())
            if isMountHelper {
                let helper = try MountHelper(given)
                if helper.isFake { exit(0) }
                given = helper.arguments
                completeEnvironment()
            }
            let expanded = try isConfigured(given) ? configuration().expand(given) : given
            completed.withLock { $0 = expanded }
        } catch {
            throw Failure(error.description, code: .usage)
        }
    }

    /// The code that whoever has started this program understands: mount(8) has its own.
    static func end(_ code: Int32) -> Never {
        exit(isMountHelper && code != 0 ? (code == Failure.Code.usage.rawValue ? 1 : 32) : code)
    }

    /// A broken file does not stop commands that do not need it.
    private static func isConfigured(_ arguments: [String]) -> Bool {
        arguments.first == "mount" || Configuration.remote(in: arguments) != nil
    }

    private static func configuration() throws(ConfigurationError) -> Configuration {
        var configuration = Configuration()
        for file in files where FileManager.default.fileExists(atPath: file) {
            guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
                throw ConfigurationError(unreadable: file)
            }
            try configuration.add(text, file: file)
        }
        return configuration
    }

    /// What is read later counts more.
    private static var files: [String] {
        let environment = ProcessInfo.processInfo.environment
        if let only = environment["WINDLASS_CONFIG"], !only.isEmpty { return [only] }
        let home = environment["XDG_CONFIG_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil } ?? environment["HOME"].map { $0 + "/.config" }
        return ["/etc/windlass.toml"] + (home.map { ["\($0)/windlass/config.toml"] } ?? [])
    }

    /// mount(8) hands on no HOME, which the folders of a mount are found by, and mount.fuse(8) root's.
    private static func completeEnvironment() {
        let given = ProcessInfo.processInfo.environment["HOME"]
        guard given == nil || given == "/root" && getuid() != 0, let entry = unsafe getpwuid(getuid()), let home = unsafe entry.pointee.pw_dir else {
            return
        }
        unsafe setenv("HOME", home, 1)
    }
}
