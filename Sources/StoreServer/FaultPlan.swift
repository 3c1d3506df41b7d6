import Synchronization

/// A reproducible sequence of numbers (SplitMix64).
package struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(seed: UInt64) {
        state = seed
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}

/// The rules in force and how far each has come. The same seed and the same requests in the same order give the same faults.
final class FaultPlan: Sendable {
    private struct State {
        var rules: [FaultRule] = []
        var seen: [Int] = []
        var hits: [Int] = []
        var generator: SeededGenerator
    }

    private let state: Mutex<State>
    /// Told whenever the rules change.
    private let changed: @Sendable ([FaultRule]) -> Void

    init(seed: UInt64, changed: @escaping @Sendable ([FaultRule]) -> Void = { _ in }) {
        self.changed = changed
        state = Mutex(State(generator: SeededGenerator(seed: seed)))
    }

    var rules: [FaultRule] { state.withLock { $0.rules } }

    func set(_ rules: [FaultRule], seed: UInt64?) {
        changed(rules)
        state.withLock { state in
            state.rules = rules
            state.seen = rules.map { _ in 0 }
            state.hits = state.seen
            if let seed { state.generator = SeededGenerator(seed: seed) }
        }
    }

    /// What shall go wrong with a request for `operation` on `key`.
    func decide(_ operation: Operation, key: String) -> FaultSet {
        state.withLock { state in
            var faults: [Fault] = []
            for index in state.rules.indices where state.rules[index].matches(operation, key: key) {
                let rule = state.rules[index]
                state.seen[index] += 1
                guard state.seen[index] > rule.skip, rule.times.map({ state.hits[index] < $0 }) ?? true else { continue }
                guard rule.rate >= 1 || Double.random(in: 0..<1, using: &state.generator) < rule.rate else { continue }
                state.hits[index] += 1
                faults.append(rule.fault)
            }
            return FaultSet(faults, seed: faults.isEmpty ? 0 : state.generator.next())
        }
    }
}

extension FaultRule {
    fileprivate func matches(_ operation: Operation, key: String) -> Bool {
        let named = operations.map { $0.contains(operation.rawValue) } ?? true
        return named && (keyPrefix.map { key.hasPrefix($0) } ?? true)
    }
}
