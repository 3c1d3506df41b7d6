internal import CCurl
internal import Synchronization
internal import Threads

/// The thread that owns libcurl's handles and moves all bytes.
///
/// Others reach it only through `post`; commands run on the thread in the order they were posted.
final class TransportLoop: Sendable {
    enum Command: Sendable {
        case start(Transfer)
        case cancel(Transfer)
        /// Go on with a transfer that waited for the reader or for its own body.
        case unpause(Transfer)
        case stop
    }

    private struct Inbox {
        var commands: [Command] = []
        var isStopped = false
    }

    let options: TransportOptions
    private let inbox = Mutex(Inbox())
    private let multi: MultiHandle

    init(_ options: TransportOptions) {
        self.options = options
        multi = MultiHandle(maximumConnections: options.maximumConnections)
        do throws(ThreadError) {
            try NamedThread.start("windlass-http") { [self] in run() }.detach()
        } catch {
            preconditionFailure(error.description)
        }
    }

    func stop() {
        post(.stop)
    }

    func post(_ command: Command) {
        let refused = inbox.withLock { inbox in
            if !inbox.isStopped { inbox.commands.append(command) }
            return inbox.isStopped
        }
        if !refused {
            multi.wake()
        } else if case .start(let transfer) = command {
            transfer.finish(TransportError(.shutDown, "the transport has been shut down"))
        }
    }

    private func run() {
        var active: [Transfer] = []
        var stopping = false
        while !stopping {
            for command in takeCommands() {
                stopping = obey(command, &active) || stopping
            }
            multi.perform()
            multi.forEachFinished { transfer, code in
                active.removeAll { $0 === transfer }
                detach(transfer)
                transfer.completed(code)
            }
            if !stopping { multi.wait() }
        }
        end(active)
    }

    private func takeCommands() -> [Command] {
        inbox.withLock { inbox in
            defer { inbox.commands.removeAll(keepingCapacity: true) }
            return inbox.commands
        }
    }

    /// True when the loop is to end.
    private func obey(_ command: Command, _ active: inout [Transfer]) -> Bool {
        switch command {
        case .start(let transfer):
            if start(transfer) { active.append(transfer) }
        case .cancel(let transfer):
            guard active.contains(where: { $0 === transfer }) else { break }
            active.removeAll { $0 === transfer }
            detach(transfer)
            transfer.finish(TransportError(.cancelled, "the request was cancelled"))
        case .unpause(let transfer):
            if active.contains(where: { $0 === transfer }) { transfer.easy?.unpause() }
        case .stop:
            return true
        }
        return false
    }

    private func start(_ transfer: Transfer) -> Bool {
        guard !transfer.isCancelled else {
            transfer.finish(TransportError(.cancelled, "the request was cancelled"))
            return false
        }
        guard let easy = EasyHandle(transfer, options: options), multi.add(easy) else {
            transfer.finish(TransportError(.invalidRequest, "libcurl cannot take this request: \(transfer.request.method) \(transfer.request.url)"))
            return false
        }
        transfer.easy = easy
        return true
    }

    private func detach(_ transfer: Transfer) {
        if let easy = transfer.easy { multi.remove(easy) }
    }

    private func end(_ active: [Transfer]) {
        for transfer in active {
            detach(transfer)
            transfer.finish(TransportError(.shutDown, "the transport has been shut down"))
        }
        let late = inbox.withLock { inbox in
            inbox.isStopped = true
            return inbox.commands
        }
        for case .start(let transfer) in late {
            transfer.finish(TransportError(.shutDown, "the transport has been shut down"))
        }
    }
}
