package import FileSystemTypes
package import ObjectStorage
internal import Synchronization

/// Lets as many requests run at the same time as the gate allows, each in its turn.
///
/// It belongs below `RetryingStore`: each attempt is a request of its own, and none keeps its slot while it waits to be repeated.
/// A GET has its slot until its body has been read, cancelled or dropped; see `RequestGate` for what comes of bodies that nobody reads.
package struct LimitedStore<Base: ObjectStore>: RequestDecorator {
    package let base: Base
    private let gate: RequestGate

    package init(_ base: Base, gate: RequestGate) {
        self.base = base
        self.gate = gate
    }

    package func perform<Value: Sendable>(
        _ call: StoreCall, _ body: () async throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        let slot = try await gate.enter(call.requestClass)
        defer { gate.leave(slot) }
        return try await body()
    }

    package func get(_ key: Key, range: ByteRange?, _ conditions: ReadConditions) async throws(StoreError) -> ObjectContent {
        let slot = try await gate.enter(StoreCall.asking(.get(range?.count)).requestClass)
        do throws(StoreError) {
            let content = try await base.get(key, range: range, conditions)
            return ObjectContent(info: content.info, range: content.range, body: LimitedBody(content, slot, gate))
        } catch {
            gate.leave(slot)
            throw error
        }
    }
}

/// A body that holds a slot until it has been read.
final class LimitedBody: ObjectBody {
    private struct State {
        var left: Int64
        var isDismissed = false
    }

    private let base: any ObjectBody
    private let slot: UInt64
    private let gate: RequestGate
    private let state: Mutex<State>

    init(_ content: ObjectContent, _ slot: UInt64, _ gate: RequestGate) {
        base = content.body
        self.slot = slot
        self.gate = gate
        state = Mutex(State(left: content.range.count))
        if content.range.isEmpty { gate.leave(slot) } else { rest() }
    }

    deinit {
        gate.leave(slot)
    }

    func next() async throws(StoreError) -> Bytes? {
        gate.resume(slot)
        do throws(StoreError) {
            let bytes = try await base.next()
            let isBroken = taken(bytes)
            guard !isBroken else { throw Self.dismissed }
            return bytes
        } catch {
            gate.leave(slot)
            throw state.withLock({ $0.isDismissed }) ? Self.dismissed : error
        }
    }

    func cancel() {
        base.cancel()
        gate.leave(slot)
    }

    private static let dismissed = StoreError(.unreachable, "the connection was given to other requests while nobody read from it")

    /// True when that is the end only because the connection was taken away: a body may end with nil once it is cancelled.
    private func taken(_ bytes: Bytes?) -> Bool {
        let (left, isDismissed) = state.withLock { state in
            state.left -= Int64(bytes?.count ?? 0)
            return (state.left, state.isDismissed)
        }
        if bytes == nil || left <= 0 { gate.leave(slot) } else { rest() }
        return bytes == nil && left > 0 && isDismissed
    }

    private func rest() {
        gate.rest(slot) { [weak self] in self?.dismiss() }
    }

    private func dismiss() {
        state.withLock { $0.isDismissed = true }
        base.cancel()
    }
}
