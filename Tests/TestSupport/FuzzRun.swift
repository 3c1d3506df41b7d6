import Glibc
import Synchronization
import Threads

/// Feeds what a `Mutator` makes to something that must neither crash nor hang on it.
///
/// Each input has a deadline of its own; a crash ends the process, as it would the program. `WINDLASS_LONG` runs twenty times as many
/// inputs, `WINDLASS_SEED` begins elsewhere, `WINDLASS_FUZZ_TRACE` writes the number of each input before it is tried, so that the last
/// number names the one that crashed.
package struct FuzzRun: Sendable {
    package let name: String
    package let seed: UInt64
    package let count: Int
    /// On one input; generous, for machines that are busy with something else.
    package let deadline: Duration

    package init(
        _ name: String, count: Int, seed: UInt64 = SeededGenerator.baseSeed, deadline: Duration = .seconds(60)
    ) {
        self.name = name
        self.seed = seed
        self.count = count * (Self.isSet("WINDLASS_LONG") ? 20 : 1)
        self.deadline = deadline
    }

    /// What came of all inputs.
    package struct Outcome: Sendable {
        /// Those that were taken for good.
        package var accepted = 0
        package var refused = 0
    }

    /// An input that took too long; printing it is enough to have it again.
    package struct Hang: Error, CustomStringConvertible {
        package let name: String
        package let seed: UInt64
        package let number: Int
        package let input: [UInt8]

        package var description: String {
            "\(name): input \(number) of seed \(seed) took too long: \(String(decoding: input.prefix(2000), as: UTF8.self).debugDescription)"
        }
    }

    /// The input under way, and since when.
    private struct Progress: Sendable {
        var number = 0
        var input: [UInt8] = []
        var begun = ContinuousClock.now
        var isOver = false
    }

    /// Tries every input on a thread of its own, one run of the process after the other. `body` throws to refuse an input. What hangs is
    /// left behind.
    package func callAsFunction(_ corpus: [[UInt8]], _ body: @escaping @Sendable ([UInt8]) async throws -> Void) async throws -> Outcome {
        await Turn.take()
        defer { Turn.end() }
        print("fuzzing \(name): \(count) inputs of seed \(seed)")
        let executor = try BlockingExecutor(name: "fuzz", threads: 1)
        let box = ProgressBox()
        return try await withCheckedThrowingContinuation { continuation in
            let answer = Once(continuation)
            Task(executorPreference: executor) {
                let outcome = await attempts(corpus, box, body)
                box.progress.withLock { $0.isOver = true }
                answer.resume(with: .success(outcome))
            }
            do {
                try NamedThread.start("fuzz-watch") { watch(box, executor, answer) }.detach()
            } catch {
                answer.resume(with: .failure(error))
            }
        }
    }

    private func attempts(_ corpus: [[UInt8]], _ box: ProgressBox, _ body: @Sendable ([UInt8]) async throws -> Void) async -> Outcome {
        var mutator = Mutator(corpus, seed: seed)
        var outcome = Outcome()
        let traces = Self.isSet("WINDLASS_FUZZ_TRACE")
        // Of this thread alone (setpriority(2), NOTES): other tests measure times.
        setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10)
        for number in 0..<count {
            let input = mutator.next()
            if traces { print("\(name) \(number)") }
            box.progress.withLock { $0 = Progress(number: number, input: input) }
            do {
                try await body(input)
                outcome.accepted += 1
            } catch {
                outcome.refused += 1
            }
        }
        return outcome
    }

    /// Ends with the run, or with the first input that takes too long.
    private func watch(_ box: ProgressBox, _ executor: BlockingExecutor, _ answer: Once<Outcome>) {
        while true {
            usleep(20_000)
            let now = box.progress.withLock { $0 }
            if now.isOver { return executor.stop() }
            guard ContinuousClock.now - now.begun > deadline else { continue }
            return answer.resume(with: .failure(Hang(name: name, seed: seed, number: now.number, input: now.input)))
        }
    }

    private static func isSet(_ name: String) -> Bool {
        guard let value = unsafe getenv(name) else { return false }
        return unsafe strlen(value) > 0
    }

    /// So that a task and a thread can share what cannot be copied.
    private final class ProgressBox: Sendable {
        let progress = Mutex(Progress())
    }
}

/// Of several runs that are wanted at once, one is under way: the others would only take time from tests that measure it.
private enum Turn {
    private struct State {
        var isTaken = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private static let state = Mutex(State())

    static func take() async {
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                if state.isTaken { state.waiting.append(continuation) }
                defer { state.isTaken = true }
                return !state.isTaken
            }
            if isFree { continuation.resume() }
        }
    }

    static func end() {
        let next = state.withLock { state in
            if state.waiting.isEmpty { state.isTaken = false }
            return state.waiting.isEmpty ? nil : state.waiting.removeFirst()
        }
        next?.resume()
    }
}

/// A continuation that the first of several answers resumes.
private final class Once<Value: Sendable>: Sendable {
    private let continuation: Mutex<CheckedContinuation<Value, any Error>?>

    init(_ continuation: CheckedContinuation<Value, any Error>) {
        self.continuation = Mutex(continuation)
    }

    func resume(with result: Result<Value, any Error>) {
        continuation.withLock { $0.take() }?.resume(with: result)
    }
}
