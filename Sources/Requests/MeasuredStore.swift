package import ObjectStorage

/// Tells the gate of every request that is really sent, and what became of it. It belongs directly onto the store.
package struct MeasuredStore<Base: ObjectStore>: RequestDecorator {
    package let base: Base
    private let gate: RequestGate

    package init(_ base: Base, gate: RequestGate) {
        self.base = base
        self.gate = gate
    }

    package func perform<Value: Sendable>(
        _ call: StoreCall, _ body: () async throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        let began = ContinuousClock.now
        gate.began(call.kind)
        do throws(StoreError) {
            let value = try await body()
            gate.ended(call.kind, .answered, began: began)
            return value
        } catch {
            gate.ended(call.kind, error.outcome, began: began)
            if error.isTrouble { gate.failed(call.kind, error.reason) }
            throw error
        }
    }
}

extension StoreError {
    /// Other than an answer that somebody asked for, or nobody wants any more.
    fileprivate var isTrouble: Bool {
        switch reason {
        case .noSuchKey, .preconditionFailed, .notModified, .cancelled: false
        default: true
        }
    }

    /// What an error says of the store's load. An answer to HEAD has no body, so a 503 names no reason there. A store that does not
    /// answer at all has too much to do, or is away; then it does not matter what is made of it.
    fileprivate var outcome: RequestScheduler.Outcome {
        if reason == .throttled || status == 503 { return .throttled }
        return switch reason {
        case .noSuchKey, .preconditionFailed, .notModified, .invalidRange, .noSuchUpload: .answered
        case .timedOut: .throttled
        default: .void
        }
    }
}
