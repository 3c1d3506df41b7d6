/// Makes a failing sequence short: leaves out ever smaller runs of elements while the rest still fails (delta debugging, Zeller 1999).
package struct Shrinker<Element: Sendable>: Sendable {
    private let attempts: Int
    private let fails: @Sendable ([Element]) async -> Bool

    /// Gives up after `attempts` tries.
    package init(attempts: Int = 2000, fails: @escaping @Sendable ([Element]) async -> Bool) {
        self.attempts = attempts
        self.fails = fails
    }

    /// A sequence that fails and, tries permitting, does not without any one of its elements.
    package func shrink(_ failing: [Element]) async -> [Element] {
        var best = failing
        var tries = 0
        var size = max(1, best.count / 2)
        while true {
            let before = best.count
            var start = 0
            while start < best.count, tries < attempts {
                tries += 1
                let candidate = Array(best[..<start] + best[min(start + size, best.count)...])
                if await fails(candidate) { best = candidate } else { start += size }
            }
            if tries >= attempts || (size == 1 && best.count == before) { return best }
            if best.count == before { size = max(1, size / 2) }
            size = min(size, max(1, best.count))
        }
    }
}

/// Runs seeded sequences of operations on fresh drivers and shrinks the first that disagrees with the model.
package struct SequenceCheck<Driver: OperationDriver>: Sendable {
    private let generator: OperationGenerator
    private let fresh: @Sendable () async throws -> Driver
    private let finish: @Sendable (Driver) async -> Void

    /// `fresh` makes an empty tree, and `finish` takes it away again.
    package init(
        _ generator: OperationGenerator, fresh: @escaping @Sendable () async throws -> Driver,
        finish: @escaping @Sendable (Driver) async -> Void = { _ in }
    ) {
        self.generator = generator
        self.fresh = fresh
        self.finish = finish
    }

    /// Throws what is left of the sequence of `seed` after shrinking, when it fails.
    package func run(seed: UInt64, length: Int) async throws {
        let operations = generator.sequence(seed: seed, length: length)
        guard let first = try await disagreement(operations) else { return }
        let shrinker = Shrinker<Operation> { candidate in
            (try? await disagreement(candidate)) != nil
        }
        let short = await shrinker.shrink(operations)
        throw SequenceFailure(seed: seed, disagreement: try await disagreement(short) ?? first)
    }

    /// Whether the sequence of `seed` fails: all that a negative control asks.
    package func fails(seed: UInt64, length: Int) async throws -> Bool {
        try await disagreement(generator.sequence(seed: seed, length: length)) != nil
    }

    private func disagreement(_ operations: [Operation]) async throws -> Disagreement? {
        let driver = try await fresh()
        let found = await driver.disagreement(after: operations)
        await finish(driver)
        return found
    }
}

package struct SequenceFailure: Error, CustomStringConvertible {
    package let seed: UInt64
    package let disagreement: Disagreement

    package var description: String { "WINDLASS_SEED=\(seed): \(disagreement)" }
}
