/// Asks a running mount. Blocks the calling thread.
package struct ControlClient {
    /// How long a mount may be silent: it shows every second that it lives.
    package static let silence: Duration = .seconds(20)

    private let socket: ControlSocket
    private var lines = LineBuffer(limit: LineCoding.longestAnswer)

    /// Fails with `noListener` where no mount listens.
    package init(_ path: String) throws(ControlError) {
        socket = try ControlSocket.connect(path)
    }

    package func ask(_ request: ControlRequest) throws(ControlError) {
        let line = try LineCoding.encode(request)
        guard line.count <= LineCoding.longestRequest else { throw ControlError(.malformed, "too many keys at once; name fewer") }
        try socket.send(line, by: .now + Self.silence)
    }

    /// The next answer. Fails with `ended` when the mount has gone before the last one.
    package mutating func next() throws(ControlError) -> ControlAnswer {
        let deadline = ContinuousClock.now + Self.silence
        while true {
            if let line = try lines.next() { return try LineCoding.answer(line) }
            guard let bytes = try socket.receive(by: deadline) else { throw ControlError(.ended, "the mount has ended") }
            lines.append(bytes)
        }
    }

    /// Every answer to one request but the last, which says nothing; stops when `body` says false.
    package static func conversation(
        _ path: String, _ request: ControlRequest, _ body: (ControlAnswer) -> Bool
    ) throws(ControlError) {
        var client = try ControlClient(path)
        do throws(ControlError) {
            try client.ask(request)
        } catch  where error.reason == .ended {
            // Whoever does not listen may have said why.
        }
        while true {
            let answer = try client.next()
            if let error = answer.error { throw ControlError(.unusable, error) }
            guard body(answer), !answer.isLast else { return }
        }
    }
}
