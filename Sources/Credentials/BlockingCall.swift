internal import Synchronization
internal import Threads

/// Runs calls that may block (files, processes) on threads of their own: so many at a time, the others in their order.
package final class BlockingCall: Sendable {
    private struct Job: Sendable {
        /// Whether somebody still waits for it.
        let isWanted: @Sendable () -> Bool
        let work: @Sendable () -> Void
    }

    private struct State {
        var threads = 0
        var waiting: [Job] = []
    }

    private enum Admission {
        case started, queued, refused
    }

    /// For all credentials of this process.
    static let shared = BlockingCall()

    private let maximumThreads: Int
    private let maximumWaiting: Int
    private let state = Mutex(State())

    /// A file system that hangs keeps its thread: when it has them all, every further call ends with an error at its limit.
    package init(maximumThreads: Int = 16, maximumWaiting: Int = 1024) {
        self.maximumThreads = maximumThreads
        self.maximumWaiting = maximumWaiting
    }

    static func run<Value: Sendable>(
        _ what: String, limit: Duration, _ body: @escaping @Sendable () -> Result<Value, CredentialsError>
    ) async throws(CredentialsError) -> Value {
        try await shared.run(what, limit: limit, body)
    }

    /// The value of `body`, or an error once `limit` is over, whether `body` has ended, or begun, or not.
    package func run<Value: Sendable>(
        _ what: String, limit: Duration, _ body: @escaping @Sendable () -> Result<Value, CredentialsError>
    ) async throws(CredentialsError) -> Value {
        let result: Result<Value, CredentialsError> = await withCheckedContinuation { continuation in
            let answer = FirstAnswer(continuation)
            let alarm = Task.detached {
                try? await Task.sleep(for: limit)
                answer.give(.failure(Self.overdue(what, limit, hasBegun: answer.hasBegun)))
            }
            let job = Job(isWanted: { answer.begin() }) {
                answer.give(body())
                alarm.cancel()
            }
            if let error = submit(job, what) {
                answer.give(.failure(error))
                alarm.cancel()
            }
        }
        return try result.get()
    }

    private static func overdue(_ what: String, _ limit: Duration, hasBegun: Bool) -> CredentialsError {
        hasBegun ? CredentialsError("\(what) took longer than \(limit); see why it hangs, then try again") : blocked(what)
    }

    private static func blocked(_ what: String) -> CredentialsError {
        CredentialsError("\(what) has to wait for others that hang; see why they do")
    }

    /// Nil when the job will run.
    private func submit(_ job: Job, _ what: String) -> CredentialsError? {
        let admission = state.withLock { state in
            if state.threads < maximumThreads {
                state.threads += 1
                return Admission.started
            }
            guard state.waiting.count < maximumWaiting else { return .refused }
            state.waiting.append(job)
            return .queued
        }
        switch admission {
        case .started: return start(job)
        case .queued: return nil
        case .refused: return Self.blocked(what)
        }
    }

    private func start(_ first: Job) -> CredentialsError? {
        do throws(ThreadError) {
            try NamedThread.start("credentials") { [self] in
                var job: Job? = first
                while let current = job {
                    if current.isWanted() { current.work() }
                    job = next()
                }
            }.detach()
            return nil
        } catch {
            state.withLock { $0.threads -= 1 }
            return CredentialsError(error.description)
        }
    }

    /// What a thread does next; nil ends it.
    private func next() -> Job? {
        state.withLock { state in
            guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
            state.threads -= 1
            return nil
        }
    }
}

/// Resumes a continuation with whatever comes first.
private final class FirstAnswer<Value: Sendable>: Sendable {
    private struct State {
        var waiting: CheckedContinuation<Result<Value, CredentialsError>, Never>?
        var hasBegun = false
    }

    private let state: Mutex<State>

    init(_ continuation: CheckedContinuation<Result<Value, CredentialsError>, Never>) {
        state = Mutex(State(waiting: continuation))
    }

    var hasBegun: Bool { state.withLock { $0.hasBegun } }

    /// Whether somebody still waits for the answer, so that the work is worth doing.
    func begin() -> Bool {
        state.withLock { state in
            state.hasBegun = true
            return state.waiting != nil
        }
    }

    func give(_ result: Result<Value, CredentialsError>) {
        let continuation = state.withLock { state in
            defer { state.waiting = nil }
            return state.waiting
        }
        continuation?.resume(returning: result)
    }
}
