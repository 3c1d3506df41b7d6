package import Logging
package import ObjectStorage

extension ObjectStore {
    /// This store, a bucket as it is reached over the network, with all that its requests are put through: conditions held, equal questions asked once, failures
    /// repeated, a limit for all together, slow questions asked twice.
    package func scheduled(by gate: RequestGate, policy: RetryPolicy, logger: Logger) -> any ObjectStore {
        let single = LimitedStore(HedgedStore(MeasuredStore(self, gate: gate), gate: gate), gate: gate)
        let retrying = RetryingStore(single, policy: policy, logger: logger) { gate.count { $0.retried += 1 } }
        return MergedStore(GuardedStore(retrying), gate: gate)
    }
}
