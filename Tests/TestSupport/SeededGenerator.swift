import Glibc

/// Random numbers that a seed decides: SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014).
package struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(seed: UInt64) {
        state = seed
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// True once in `count` times on average.
    package mutating func oneIn(_ count: Int) -> Bool {
        Int.random(in: 0..<count, using: &self) == 0
    }

    /// One of `choices`, which is not empty.
    package mutating func pick<Choice>(_ choices: [Choice]) -> Choice {
        choices[Int.random(in: 0..<choices.count, using: &self)]
    }
}

extension SeededGenerator {
    /// Where seeded tests begin: `WINDLASS_SEED` of the environment, or a fixed number.
    ///
    /// A failing test names the seed of its own sequence; with `WINDLASS_SEED` set to it, that sequence is the first one run.
    package static var baseSeed: UInt64 {
        guard let text = unsafe getenv("WINDLASS_SEED"), let seed = unsafe UInt64(String(cString: text)) else { return 20_240_607 }
        return seed
    }

    /// `count` seeds, one for each sequence of a test.
    package static func seeds(_ count: Int) -> [UInt64] {
        (0..<UInt64(count)).map { baseSeed &+ $0 }
    }
}
