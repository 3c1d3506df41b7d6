import NIOCore
import NIOHTTP1
import Synchronization

/// The parts of requests that a connection has received and its task has not taken yet.
///
/// Bounded in bytes: beyond the limit nothing more is read from the socket until the task has caught up.
final class Inbox: Sendable {
    private struct State {
        var parts: [HTTPServerRequestPart] = []
        var bytes = 0
        var ended = false
        var waiter: CheckedContinuation<Void, Never>?
        /// The channel asked to read and was not let.
        var readIsDue = false
    }

    private static let limit = 1 << 20
    private let state = Mutex(State())

    /// Takes a part from the event loop.
    func push(_ part: HTTPServerRequestPart) {
        let waiter = state.withLock { state in
            state.parts.append(part)
            state.bytes += part.byteCount
            return state.waiter.take()
        }
        waiter?.resume()
    }

    /// Nothing more will come.
    func end() {
        let waiter = state.withLock { state in
            state.ended = true
            return state.waiter.take()
        }
        waiter?.resume()
    }

    /// Whether the channel may read now; if not, `next` says when.
    func mayRead() -> Bool {
        state.withLock { state in
            state.readIsDue = state.bytes >= Self.limit
            return !state.readIsDue
        }
    }

    /// Everything that has arrived, at least one part; nil after the end. `resumeReading` tells that the channel shall read again.
    func next() async -> (parts: [HTTPServerRequestPart], resumeReading: Bool)? {
        while true {
            let (parts, resume, ended) = state.withLock { state in
                defer {
                    state.parts = []
                    state.bytes = 0
                    state.readIsDue = false
                }
                return (state.parts, state.readIsDue, state.ended)
            }
            if !parts.isEmpty { return (parts, resume) }
            if ended { return nil }
            await arrival()
        }
    }

    private func arrival() async {
        await withCheckedContinuation { continuation in
            let isHere = state.withLock { state in
                if !state.parts.isEmpty || state.ended { return true }
                state.waiter = continuation
                return false
            }
            if isHere { continuation.resume() }
        }
    }
}

extension HTTPServerRequestPart {
    fileprivate var byteCount: Int {
        if case .body(let buffer) = self { buffer.readableBytes } else { 512 }
    }
}

/// Moves what the event loop receives into the inbox, and starts the connection's task.
final class InboxHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private let inbox: Inbox

    init(inbox: Inbox) {
        self.inbox = inbox
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        inbox.push(unwrapInboundIn(data))
    }

    func read(context: ChannelHandlerContext) {
        if inbox.mayRead() { context.read() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        inbox.end()
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed { inbox.end() }
        if event is IdleStateHandler.IdleStateEvent { context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        inbox.end()
        context.close(promise: nil)
    }
}
