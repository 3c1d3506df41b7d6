import Glibc
import TestSupport

/// How a simulated store answers. Times in seconds.
struct StoreModel {
    /// From a request to the first byte of its answer, if nothing else is the matter; most take a little longer.
    var latency = 0.02
    /// The part of the requests that takes `stragglerLatency` instead.
    var stragglers = 0.0
    var stragglerLatency = 2.0
    /// In bytes a second, for all bodies together.
    var bandwidth = 1e9
    /// In bytes a second, of one body.
    var connectionBandwidth = 1e10
    /// More requests a second are refused; nil for no limit.
    var allowedRate: Double?
    /// Everything is refused from the first moment to the second.
    var outage: ClosedRange<Double>?
    /// The part of the requests that is refused by chance, however many there are.
    var chance = 0.0
    /// Requests that are worked on at the same time, each for `latency`; the others wait in line. Nil for any number.
    var workers: Int?

    private var generator: SeededGenerator
    private var linkIsFree = 0.0
    private var tokens = 0.0
    private var lastToken = 0.0
    private var workersAreFree: [Double] = []

    init(seed: UInt64 = SeededGenerator.baseSeed) {
        generator = SeededGenerator(seed: seed)
    }

    enum Answer {
        case refused(at: Double)
        case begins(at: Double)
    }

    mutating func ask(at now: Double) -> Answer {
        if outage?.contains(now) == true { return .refused(at: now + latency / 4) }
        if chance > 0, Double.random(in: 0..<1, using: &generator) < chance { return .refused(at: now + latency / 4) }
        if let allowedRate {
            // A bucket of a twentieth of a second.
            tokens = min(max(1, allowedRate / 20), tokens + (now - lastToken) * allowedRate)
            lastToken = now
            guard tokens >= 1 else { return .refused(at: now + latency / 4) }
            tokens -= 1
        }
        if Double.random(in: 0..<1, using: &generator) < stragglers { return .begins(at: now + stragglerLatency) }
        let own = latency * (1 + 0.4 * Double.random(in: 0..<1, using: &generator) * Double.random(in: 0..<1, using: &generator))
        return .begins(at: start(at: now, for: own) + own)
    }

    /// When a body of `bytes` whose answer begins now has arrived.
    mutating func end(of bytes: Double, at now: Double) -> Double {
        linkIsFree = max(linkIsFree, now) + bytes / bandwidth
        return max(linkIsFree, now + bytes / connectionBandwidth)
    }

    private mutating func start(at now: Double, for duration: Double) -> Double {
        guard let workers else { return now }
        if workersAreFree.count < workers {
            workersAreFree.append(now + duration)
            return now
        }
        let least = workersAreFree.indices.min { workersAreFree[$0] < workersAreFree[$1] } ?? 0
        let begin = max(now, workersAreFree[least])
        workersAreFree[least] = begin + duration
        return begin
    }

    mutating func random(upTo limit: Double) -> Double { Double.random(in: 0...limit, using: &generator) }
}
