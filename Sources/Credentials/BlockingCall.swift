internal import Synchronization
internal import Threads

/// Runs calls that may block (files, processes) on threads of their own.
enum BlockingCall {
    /// A file system that hangs keeps its thread; so many may hang before more are refused.
    private static let maximumThreads = 16
    private static let threads = Mutex(0)

    /// The value of `body`, or an error once `limit` is over, whether `body` has ended or not.
    static func run<Value: Sendable>(
        _ what: String, limit: Duration, _ body: @escaping @Sendable () -> Result<Value, CredentialsError>
    ) async throws(CredentialsError) -> Value {
        let result: Result<Value, CredentialsError> = await withCheckedContinuation { continuation in
            let answer = FirstAnswer(continuation)
            let alarm = Task.detached {
                try? await Task.sleep(for: limit)
                answer.give(.failure(CredentialsError("\(what) took longer than \(limit); see why it hangs, then try again")))
            }
            start(what, answer, body) { alarm.cancel() }
        }
        return try result.get()
    }

    /// The place of a thread is free again before its answer is given: whoever gets that may ask for the next.
    private static func start<Value>(
        _ what: String, _ answer: FirstAnswer<Value>, _ body: @escaping @Sendable () -> Result<Value, CredentialsError>,
        then finish: @escaping @Sendable () -> Void
    ) {
        let isFree = threads.withLock { count in
            guard count < maximumThreads else { return false }
            count += 1
            return true
        }
        guard isFree else { return answer.give(.failure(CredentialsError("\(what) has to wait for others that hang; see why they do"))) }
        do throws(ThreadError) {
            try NamedThread.start("credentials") {
                let result = body()
                threads.withLock { $0 -= 1 }
                answer.give(result)
                finish()
            }.detach()
        } catch {
            threads.withLock { $0 -= 1 }
            answer.give(.failure(CredentialsError(error.description)))
        }
    }
}

/// Resumes a continuation with whatever comes first.
private final class FirstAnswer<Value: Sendable>: Sendable {
    private let waiting: Mutex<CheckedContinuation<Result<Value, CredentialsError>, Never>?>

    init(_ continuation: CheckedContinuation<Result<Value, CredentialsError>, Never>) {
        waiting = Mutex(continuation)
    }

    func give(_ result: Result<Value, CredentialsError>) {
        let continuation = waiting.withLock { waiting in
            defer { waiting = nil }
            return waiting
        }
        continuation?.resume(returning: result)
    }
}
