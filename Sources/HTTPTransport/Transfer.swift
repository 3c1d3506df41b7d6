internal import CCurl
internal import FileSystemTypes
internal import Synchronization

/// One request under way: what the loop's thread and the waiting task share.
///
/// The loop's thread calls the `received…`, `fillBody` and `completed` methods; tasks call `run`, `nextChunk` and `cancel`.
final class Transfer: Sendable {
    struct Head: Sendable {
        var status: Int
        var headers: HTTPHeaders
    }

    private enum Phase: Sendable {
        case idle
        case awaitingHead(CheckedContinuation<Result<Head, TransportError>, Never>)
        case headDelivered
    }

    private struct State: ~Copyable {
        var phase = Phase.idle
        var head: Head?
        var isCancelled = false
        var inbound = InboundBody()
        var failure: TransportError?
    }

    let request: HTTPRequest
    private let loop: TransportLoop
    private let state: Mutex<State>
    private let outbound: OutboundBody?
    /// Parses the header lines; belongs to the loop's thread.
    private let parser = Mutex(HeadParser())
    private let handle = LoopConfined<EasyHandle>()
    /// How often libcurl was about to send the request.
    private let sendings = Atomic<Int>(0)

    init(_ request: HTTPRequest, loop: TransportLoop) {
        self.request = request
        self.loop = loop
        state = Mutex(State())
        outbound = request.body.map { OutboundBody($0) }
    }

    /// Set and used on the loop's thread only.
    var easy: EasyHandle? {
        get { handle.value }
        set { handle.value = newValue }
    }

    // MARK: Tasks

    /// Starts the transfer and waits for the head (streamed) or the end (collected).
    func run() async -> Result<Head, TransportError> {
        await withCheckedContinuation { continuation in
            state.withLock { $0.phase = .awaitingHead(continuation) }
            loop.post(.start(self))
        }
    }

    func cancel() {
        let isLive = state.withLock { state in
            state.isCancelled = true
            return !state.inbound.isFinished
        }
        if isLive { loop.post(.cancel(self)) }
    }

    var isCancelled: Bool {
        state.withLock { $0.isCancelled }
    }

    func nextChunk() async throws(TransportError) -> Bytes? {
        let outcome: Result<Bytes?, TransportError> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let step = state.withLock { $0.inbound.read(continuation) }
                if step.resumesLoop { loop.post(.unpause(self)) }
                if let answer = step.answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            cancel()
        }
        return try outcome.get()
    }

    // MARK: The loop's thread

    func receivedHeaderLine(_ line: UnsafeRawBufferPointer) {
        let isComplete = parser.withLock { unsafe $0.take(line) }
        guard isComplete, case .streamed = request.delivery else { return }
        deliverHead()
    }

    enum Intake {
        case taken, full, refused
    }

    func receivedBody(_ bytes: UnsafeRawBufferPointer) -> Intake {
        let limit: Int? = if case .collected(let limit) = request.delivery { limit } else { nil }
        let expected = limit == nil ? nil : parser.withLock { $0.contentLength }
        let (intake, waiter) = state.withLock { unsafe $0.inbound.append(bytes, limit: limit, expected: expected) }
        waiter?.resume()
        return intake
    }

    func fillBody(_ space: UnsafeMutableRawBufferPointer) -> OutboundBody.Fill {
        guard let outbound else { return .filled(0) }
        return unsafe outbound.fill(space) { [self] in loop.post(.unpause(self)) }
    }

    /// There is a connection for the request (CURLOPT_PREREQFUNCTION(3)). False when it has been sent before and must not be sent again.
    func mayBeSent() -> Bool {
        let isFirst = sendings.add(1, ordering: .relaxed).oldValue == 0
        return isFirst || request.mayRepeat
    }

    /// False when the request must not be sent again.
    func rewindBody(to offset: Int64) -> Bool {
        guard request.mayRepeat else { return false }
        outbound?.rewind(to: offset)
        return true
    }

    /// libcurl is done with this transfer.
    func completed(_ code: CURLcode) {
        let error = code == CURLE_OK ? nil : failure(code)
        finish(error)
    }

    /// Ends the transfer: wakes whoever waits.
    func finish(_ error: TransportError?) {
        let message = error ?? malformedHead()
        let head = parser.withLock { $0.head }
        let (phase, waiter) = state.withLock { state in
            defer { state.phase = .headDelivered }
            return (state.phase, state.inbound.finish(message))
        }
        if case .awaitingHead(let continuation) = phase {
            continuation.resume(returning: result(head, message))
        }
        waiter?.resume()
        easy = nil
    }

    private func result(_ head: Head?, _ error: TransportError?) -> Result<Head, TransportError> {
        if let error { return .failure(error) }
        guard let head else { return .failure(TransportError(.malformedAnswer, "the server's answer has no status line")) }
        return .success(head)
    }

    private func malformedHead() -> TransportError? {
        parser.withLock { $0.head } == nil ? TransportError(.malformedAnswer, "the server's answer has no status line") : nil
    }

    private func deliverHead() {
        guard let head = parser.withLock({ $0.head }) else { return }
        let phase = state.withLock { state in
            defer { state.phase = .headDelivered }
            return state.phase
        }
        if case .awaitingHead(let continuation) = phase { continuation.resume(returning: .success(head)) }
    }

    private func failure(_ code: CURLcode) -> TransportError {
        if let error = outbound?.failure { return TransportError(.bodyUnreadable, "the request's body cannot be read: \(error)") }
        if state.withLock({ $0.inbound.isOverLimit }) { return TransportError(.answerTooLong, "the answer is longer than allowed") }
        if code == CURLE_ABORTED_BY_CALLBACK, sendings.load(ordering: .relaxed) > 1 {
            return TransportError(.connectionLost, "the connection ended before the answer")
        }
        let reason = TransportError.Reason(code, isConnected: (easy?.connectTime ?? 0) > 0, hasTotalTimeout: request.totalTimeout != nil)
        let words = easy?.errorMessage ?? ""
        return TransportError(reason, words.isEmpty ? unsafe String(cString: curl_easy_strerror(code)) : words)
    }
}

extension TransportError.Reason {
    /// What a libcurl result means (libcurl-errors(3)).
    init(_ code: CURLcode, isConnected: Bool, hasTotalTimeout: Bool) {
        self =
            switch code {
            case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .nameNotResolved
            case CURLE_COULDNT_CONNECT: .connectFailed
            case CURLE_OPERATION_TIMEDOUT: !isConnected ? .connectTimeout : hasTotalTimeout ? .totalTimeout : .idleTimeout
            case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CERTPROBLEM: .tls
            case CURLE_PARTIAL_FILE: .truncated
            case CURLE_WEIRD_SERVER_REPLY, CURLE_UNSUPPORTED_PROTOCOL, CURLE_BAD_CONTENT_ENCODING: .malformedAnswer
            case CURLE_URL_MALFORMAT: .invalidRequest
            default: .connectionLost
            }
    }
}

/// A value that only the thread of the loop touches.
final class LoopConfined<Value>: @unchecked Sendable {  // confined to one thread by its owner's contract
    var value: Value?
}
