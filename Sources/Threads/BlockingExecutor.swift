/// Runs tasks on a fixed number of threads of its own, which may block on local disks (never on a network).
///
/// The threads of the cooperative pool are as many as the cores, so one blocking call there delays every other task. A
/// task that prefers this executor (`Task.immediate(executorPreference:)`, `withTaskExecutorPreference`) resumes here.
/// Jobs run in the order in which they became ready. The queue holds at most one job for each live task: whoever
/// starts tasks bounds it.
package final class BlockingExecutor: TaskExecutor {
    private struct State {
        var jobs = JobQueue()
        var isStopping = false
        var threads: [NamedThread] = []
    }

    private let name: String
    private let state = Monitor(State())

    /// Starts `threads` threads called `name`. They hold the executor until `stop`.
    package init(name: String, threads: Int) throws(ThreadError) {
        precondition(threads > 0, "an executor needs a thread")
        self.name = name
        for _ in 0..<threads {
            do throws(ThreadError) {
                let thread = try NamedThread.start(name) { self.work() }
                state.change { $0.threads.append(thread) }
            } catch {
                stop()
                throw error
            }
        }
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let accepted = state.change { state in
            guard !state.isStopping else { return false }
            state.jobs.append(job)
            return true
        }
        if !accepted { runLate(job) }
    }

    /// Ends the threads once the queue is empty. Not to be called from one of them. A second call does nothing.
    package func stop() {
        let threads = state.changeForAll { state in
            state.isStopping = true
            defer { state.threads = [] }
            return state.threads
        }
        for thread in threads { thread.join() }
    }

    private func work() {
        while let job = nextJob() {
            unsafe job.runSynchronously(on: asUnownedTaskExecutor())
        }
    }

    /// Nil when the executor has been stopped and nothing is left to do.
    private func nextJob() -> UnownedJob? {
        state.wait { state -> UnownedJob?? in
            if let job = state.jobs.popFirst() { return .some(job) }
            return state.isStopping ? .some(nil) : .none
        }
    }

    /// A task that outlived `stop` still has to end, or whoever awaits it hangs: it gets a thread for each step.
    private func runLate(_ job: UnownedJob) {
        do throws(ThreadError) {
            try NamedThread.start(name) { unsafe job.runSynchronously(on: self.asUnownedTaskExecutor()) }.detach()
        } catch {
            unsafe job.runSynchronously(on: asUnownedTaskExecutor())
        }
    }
}
