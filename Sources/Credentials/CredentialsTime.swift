package import FileSystemTypes

/// Clock, waiting and chance as providers and chain see them: the system's, or those of a test.
package struct CredentialsTime: Sendable {
    package var now: @Sendable () -> Timestamp
    /// Returns early when the task is cancelled.
    package var sleep: @Sendable (Duration) async -> Void
    /// 0 ..< 1
    package var chance: @Sendable () -> Double

    package init(
        now: @escaping @Sendable () -> Timestamp, sleep: @escaping @Sendable (Duration) async -> Void, chance: @escaping @Sendable () -> Double
    ) {
        self.now = now
        self.sleep = sleep
        self.chance = chance
    }

    package static let system = CredentialsTime(
        now: { Timestamp.now }, sleep: { try? await Task.sleep(for: $0) }, chance: { Double.random(in: 0..<1) })
}
