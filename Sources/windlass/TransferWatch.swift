import Glibc
import Synchronization
import Threads
import Transfers

/// What happens beside a transfer: signals, what is shown, and what is noted for `windlass transfer list`; on a thread of its own.
///
/// SIGINT, SIGTERM and SIGHUP end the transfer in order; a second one ends the process. SIGUSR1 pauses it, SIGUSR2 lets it go on.
final class TransferWatch: Sendable {
    private struct Active: Sendable {
        let run: TransferRun
        let folder: JobFolder?
        let task: Task<Void, Never>
        var isStopping = false
    }

    private static let tick = 0.2
    private static let ticksPerSecond = 5

    let screen: TransferScreen?
    /// Held while the transfer is looked at, so that nothing is shown of one that is over.
    private let active = Mutex<Active?>(nil)

    /// To be made before any other thread, so that no other gets the signals.
    init(_ shown: TransferOptions.Shown) throws {
        let signals = SignalSet([SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2])
        signal(SIGPIPE, SIG_IGN)
        screen = TransferScreen(shown)
        do throws(ThreadError) {
            try NamedThread.start("transfer-watch") { [self] in
                var ticks = 0
                while true {
                    let signal = signals.wait(atMost: Self.tick)
                    active.withLock { look(&$0, signal, isWholeSecond: ticks % Self.ticksPerSecond == 0) }
                    ticks += 1
                }
            }.detach()
        } catch {
            throw Failure(error.description)
        }
    }

    /// Carries out `body`, and looks after `run` meanwhile.
    func during(_ run: TransferRun, _ folder: JobFolder?, _ body: @escaping @Sendable () async -> TransferOutcome) -> TransferOutcome {
        let outcome = Monitor<TransferOutcome?>(nil)
        let task = Task {
            let value = await body()
            outcome.changeForAll { $0 = value }
        }
        active.withLock { $0 = Active(run: run, folder: folder, task: task) }
        let value = outcome.wait { $0 }
        active.withLock { active in
            screen?.draw(run, isWholeSecond: true)
            active = nil
        }
        return value
    }

    private func look(_ active: inout Active?, _ signal: Int32?, isWholeSecond: Bool) {
        guard let now = active else {
            if [SIGINT, SIGTERM, SIGHUP].contains(signal) { _exit(1) }
            return
        }
        switch signal {
        case SIGINT, SIGTERM, SIGHUP:
            if now.isStopping { _exit(1) }
            active?.isStopping = true
            now.task.cancel()
        case SIGUSR1: pause(now.run, true)
        case SIGUSR2: pause(now.run, false)
        default: break
        }
        screen?.draw(now.run, isWholeSecond: isWholeSecond)
        guard isWholeSecond || signal != nil, let folder = now.folder else { return }
        try? folder.write(JobStatus(phase: now.run.isPaused ? .paused : .running, figures: now.run.progress.figures))
    }

    private func pause(_ run: TransferRun, _ isPaused: Bool) {
        guard run.isPaused != isPaused else { return }
        if isPaused { run.pause() } else { run.resume() }
        screen?.paused(isPaused)
    }
}
