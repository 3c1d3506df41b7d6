/// When a failed request is sent again: exponential backoff with full jitter, bounded by count and by time.
package struct RetryPolicy: Hashable, Sendable {
    package var maximumAttempts = 12
    package var firstDelay: Duration = .milliseconds(100)
    package var longestDelay: Duration = .seconds(5)
    /// From the first attempt on, no attempt begins later than this.
    package var deadline: Duration = .seconds(60)

    package init() {}

    /// For questions that somebody waits for at a terminal.
    package static let brief: RetryPolicy = {
        var policy = RetryPolicy()
        policy.maximumAttempts = 3
        policy.deadline = .seconds(15)
        return policy
    }()

    /// Whether an error can go away by itself.
    ///
    /// Source: the retry tables of the AWS SDKs ("Retry behavior", AWS SDKs and Tools Reference Guide).
    package static func mayPass(_ error: StoreError) -> Bool {
        switch error.reason {
        case .throttled, .unavailable, .unreachable, .timedOut, .invalidResponse, .corrupted, .conflict: true
        default: false
        }
    }

    /// How long to wait before attempt `attempt + 1`; nil to give up. `elapsed` counts from the first attempt.
    package func delay(
        after attempt: Int, _ error: StoreError, elapsed: Duration, using generator: inout some RandomNumberGenerator
    ) -> Duration? {
        guard Self.mayPass(error), attempt < maximumAttempts else { return nil }
        let ceiling = min(longestDelay, firstDelay * (1 << min(attempt - 1, 16)))
        let delay = error.retryAfter ?? ceiling * Double.random(in: 0...1, using: &generator)
        return elapsed + delay <= deadline ? delay : nil
    }
}
