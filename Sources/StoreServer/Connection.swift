import Logging
import NIOCore
import NIOHTTP1

/// What all connections of a server share.
struct ServerContext: Sendable {
    let service: Service
    let verifier: SignatureVerifier
    let identity: IdentityService
    let accessKeys: AccessKeyService
    /// Whether the listener is that of the metadata services, and nothing else is answered.
    var isForIdentity = false
    let counters: Counters
    let faults: FaultPlan
    let control: ControlPath
    let requestIDs: Generations
    let logger: Logger
}

/// One client's connection: its requests, one after the other.
final class Connection {
    let context: ServerContext
    let channel: any Channel
    let source: PartSource
    let writer: ResponseWriter

    init(context: ServerContext, channel: any Channel, inbox: Inbox) {
        self.context = context
        self.channel = channel
        source = PartSource(inbox: inbox, channel: channel)
        writer = ResponseWriter(channel: channel)
    }

    /// Returns when the connection is closed.
    func run() async {
        while case .head(let head)? = await source.next() {
            guard await exchange(head) else { break }
        }
        try? await channel.close().get()
    }

    /// Answers one request; false when the connection cannot be used any more.
    private func exchange(_ head: HTTPRequestHead) async -> Bool {
        let expects = head.headers.first(name: "expect")?.lowercased() == "100-continue"
        let isEmpty = head.headers.first(name: "content-length") == "0"
        let body = RequestBody(source: source, channel: channel, awaitsContinue: expects && !isEmpty)
        let exchange = Exchange(connection: self, head: head, body: body)
        do {
            return try await exchange.run()
        } catch {
            await writer.reset()
            return false
        }
    }
}
