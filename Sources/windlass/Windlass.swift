import ArgumentParser
import Glibc

/// The command line of Windlass. Options and wiring only: the work is done by the layers below.
@main
struct Windlass: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "windlass",
        abstract: "Mounts a bucket of object storage as a directory.",
        discussion: "Begin with: windlass mount BUCKET DIR --endpoint URL. Keys come from the environment or ~/.aws.",
        version: "windlass \(Version.text)",
        subcommands: [
            MountCommand.self, UnmountCommand.self, StatusCommand.self, SyncCommand.self, RecoverCommand.self, BucketCommand.self, DoctorCommand.self,
        ])

    /// Every failure is one line; wrong usage ends with 64 (sysexits.h), any other failure with 1.
    static func main() {
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch let failure as Failure {
            Terminal.complain(failure.description)
            Glibc.exit(1)
        } catch let code as ExitCode {
            Glibc.exit(code.rawValue)
        } catch {
            finish(error)
        }
    }

    private static func finish(_ error: any Error) -> Never {
        guard exitCode(for: error) != .success else { exit(withError: error) }
        Terminal.complain("\(message(for: error)); see windlass --help")
        Glibc.exit(64)
    }
}

/// Why a command failed: one line that says what to do.
struct Failure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
