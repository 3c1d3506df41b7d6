import Synchronization
import Threads

/// Runs asynchronous work from a thread that may block, and waits for it. Never called from the cooperative pool.
func waiting<Value: Sendable>(_ body: @escaping @Sendable () async -> Value) -> Value {
    let result = Monitor<Value?>(nil)
    Task {
        let value = await body()
        result.changeForAll { $0 = value }
    }
    return result.wait { $0 }
}
