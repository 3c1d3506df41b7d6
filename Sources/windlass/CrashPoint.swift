import Glibc
import Synchronization

/// A moment at which the process ends itself as kill -9 would, so that tests can show what survives: `WINDLASS_CRASH_AT=journal.after:3` is
/// after the third commit of the journal.
///
/// The moments are `journal.before` and `journal.after`, and the same two of each call in `CrashingFiles` and of each request in
/// `CrashingStore`. Without the variable none of the three is in the program's way.
final class CrashPoint: Sendable {
    static let variable = "WINDLASS_CRASH_AT"

    private let moment: String
    private let count: Int
    private let passed = Atomic<Int>(0)

    /// Nil where the environment names no moment.
    static func wanted(in environment: [String: String]) throws -> CrashPoint? {
        guard let text = environment[variable] else { return nil }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let count = Int(parts[1]), count > 0 else {
            throw Failure("\(variable) is a moment and a number, e.g. journal.after:3, not \(text)")
        }
        return CrashPoint(moment: String(parts[0]), count: count)
    }

    private init(moment: String, count: Int) {
        self.moment = moment
        self.count = count
    }

    func reached(_ moment: String) {
        guard moment == self.moment, passed.add(1, ordering: .relaxed).newValue == count else { return }
        kill(getpid(), SIGKILL)
    }

    func around<Value, Failure: Error>(_ name: String, _ body: () throws(Failure) -> Value) throws(Failure) -> Value {
        reached(name + ".before")
        defer { reached(name + ".after") }
        return try body()
    }

    func around<Value, Failure: Error>(_ name: String, _ body: () async throws(Failure) -> Value) async throws(Failure) -> Value {
        reached(name + ".before")
        defer { reached(name + ".after") }
        return try await body()
    }
}
