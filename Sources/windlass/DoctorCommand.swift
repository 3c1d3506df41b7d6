import ArgumentParser
import Foundation
import Logging
import Logs
import ObjectStorage
import RemoteStore

struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Says how a bucket is reached, and what is wrong.",
        discussion: """
            Also what the keys may do with it, and whether this machine can mount.
            Ends with 0 when the bucket can be mounted, otherwise with 1 and a line that says what to do.
            """)

    @Argument(help: ArgumentHelp("The bucket, or an address with dialect and prefix, as for mount.", valueName: "bucket"))
    var address: BucketAddress

    @OptionGroup var connection: ConnectionOptions

    @Flag(help: "Try writing, deleting and everything else that the store may offer, on scratch objects that are deleted again.")
    var write = false

    @Flag(help: "Print one JSON object with names that do not change.")
    var json = false

    @Flag(help: "Say on standard error what is sent.")
    var verbose = false

    func run() throws {
        let logger = try verbose ? talkative() : Logger(label: "windlass") { _ in SwiftLogNoOpLogHandler() }
        let client: StoreClient
        do {
            client = try connection.client(address, logger: logger)
        } catch let failure as Failure {
            if json { Terminal.say(DoctorReport.text(failure, bucket: address.bucket)) }
            throw failure
        }
        let examination = waiting { [address, write] in
            await BucketExaminer(client, bucket: address.bucket, folder: address.prefix, writes: write, logger: logger).examine()
        }
        let report = DoctorReport(client, address, examination, remembered: remembered(client, logger), logger: logger)
        Terminal.say(json ? report.json : report.text)
        if let problem = report.problem { throw problem }
    }

    private func remembered(_ client: StoreClient, _ logger: Logger) -> Capabilities? {
        CapabilityCache.standard(ProcessInfo.processInfo.environment, logger: logger)?.capabilities(of: address.bucket, at: client)
    }

    private func talkative() throws -> Logger {
        do throws(LogSink.Failure) {
            return try LogSink(.standardError, level: .trace).logger("windlass")
        } catch {
            throw Failure(error.description)
        }
    }
}
