import ArgumentParser
import FuseBridge
import Glibc

struct UnmountCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unmount", abstract: "Unmounts a directory, and waits until everything written is stored.")

    @Argument(help: ArgumentHelp("The directory where the bucket is mounted.", valueName: "dir"))
    var directory: String

    @Flag(help: "Detach it at once, also when programs use it; waits for what is written all the same.")
    var lazy = false

    @Option(help: "Seconds to wait for what is still to be stored.")
    var timeout = 3600

    func run() throws {
        do throws(FuseError) {
            let mountPoint = try MountedDirectory.find(directory)
            let record = MountRecord.read(mountPoint: mountPoint)
            try lazy ? MountedDirectory.detach(mountPoint) : MountedDirectory.unmount(mountPoint)
            if record != nil { try wait(mountPoint) }
        } catch {
            throw Failure(error.description)
        }
    }

    /// The mount's process goes when it has stored everything.
    private func wait(_ mountPoint: String) throws(FuseError) {
        let deadline = ContinuousClock.now + .seconds(timeout)
        while let state = MountRecord.read(mountPoint: mountPoint) {
            if state.files > 0 { Terminal.showProgress("storing \(state.files) files, \(state.bytes >> 20) MiB") }
            guard ContinuousClock.now < deadline else {
                throw .unmountFailed(path: mountPoint, reason: "process \(state.process) is still storing \(state.files) files")
            }
            usleep(50_000)
        }
        Terminal.showProgress("")
    }
}
