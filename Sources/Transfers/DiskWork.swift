package import FileSystemTypes
package import Threads

extension BlockingExecutor {
    /// Runs what blocks on the local disk on one of the threads for that.
    package func run<Value: Sendable>(_ body: @escaping @Sendable () throws(Errno) -> Value) async throws(Errno) -> Value {
        let outcome = await withTaskExecutorPreference(self) { () async -> Result<Value, Errno> in
            do throws(Errno) {
                return .success(try body())
            } catch {
                return .failure(error)
            }
        }
        return try outcome.get()
    }
}
