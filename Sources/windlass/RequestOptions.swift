import ArgumentParser
import Requests

/// How many requests a mount makes at the same time.
struct RequestOptions: ParsableArguments {
    @Option(help: ArgumentHelp("How many requests may be under way at the same time; fewer are where the store throttles.", valueName: "n"))
    var maxRequests = 128

    @Flag(name: .customLong("no-hedging"), help: "Never ask a second time for an answer that is unusually late.")
    var isHedgingOff = false

    func validate() throws {
        guard (4...500).contains(maxRequests) else { throw ValidationError("--max-requests is 4 to 500") }
    }

    var scheduling: RequestScheduler.Options {
        var options = RequestScheduler.Options()
        options.control.ceiling = maxRequests
        options.hedging.isOn = !isHedgingOff
        return options
    }

    /// So many are enough for any number of bodies that wait for their readers; see `RequestGate`.
    var maximumConnections: Int { 2 * maxRequests }
}
