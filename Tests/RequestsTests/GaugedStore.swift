import FileSystemTypes
import ObjectStorage
import Requests
import Synchronization

/// A store that takes its time, and counts what is asked of it and how much of that at the same time.
struct GaugedStore<Base: ObjectStore>: RequestDecorator {
    struct Counts {
        var begun = 0
        var underWay = 0
        var most = 0
        /// Called off before they were answered.
        var cancelled = 0
        var refused = 0
    }

    final class Gauge: Sendable {
        let counts = Mutex(Counts())
        /// How long the N-th request takes, counted from 1.
        let delay: @Sendable (Int) -> Duration
        /// How many are taken at the same time; the others are refused.
        let allowed: Int

        init(allowed: Int = .max, delay: @escaping @Sendable (Int) -> Duration) {
            self.allowed = allowed
            self.delay = delay
        }

        var figures: Counts { counts.withLock { $0 } }
    }

    let base: Base
    let gauge: Gauge

    func perform<Value: Sendable>(_ call: StoreCall, _ body: () async throws(StoreError) -> Value) async throws(StoreError) -> Value {
        let (number, isRefused) = gauge.counts.withLock { counts in
            counts.begun += 1
            let isRefused = counts.underWay >= gauge.allowed
            if isRefused { counts.refused += 1 }
            counts.underWay += 1
            counts.most = max(counts.most, counts.underWay)
            return (counts.begun, isRefused)
        }
        defer { gauge.counts.withLock { $0.underWay -= 1 } }
        // First the answer and then the wait: it is the answer of the moment at which the request came in.
        let outcome: Result<Value, StoreError>
        do throws(StoreError) {
            outcome = .success(try await body())
        } catch {
            outcome = .failure(error)
        }
        try await pause(isRefused ? .milliseconds(1) : gauge.delay(number))
        if isRefused { throw StoreError(.throttled, "too many at a time", status: 503, serviceCode: "SlowDown") }
        return try outcome.get()
    }

    private func pause(_ delay: Duration) async throws(StoreError) {
        do {
            try await Task.sleep(for: delay)
        } catch {
            gauge.counts.withLock { $0.cancelled += 1 }
            throw StoreError(.cancelled, "cancelled")
        }
    }
}

extension ObjectStore {
    func gauged(_ gauge: GaugedStore<Self>.Gauge) -> GaugedStore<Self> { GaugedStore(base: self, gauge: gauge) }
}
