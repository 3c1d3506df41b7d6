import Requests
import Testing

/// The limit against models of stores, in simulated time.
@Suite struct ThroughputTests {
    struct Link: Sendable, CustomTestStringConvertible {
        let latency: Double
        let bandwidth: Double

        var testDescription: String { "\(latency * 1000) ms, \(bandwidth / 1e6) MB/s" }

        static let all = [0.001, 0.02, 0.2].flatMap { latency in [1e7, 1e9, 1e10].map { Link(latency: latency, bandwidth: $0) } }
    }

    /// Bodies of a MiB, more programs than the ceiling allows.
    @Test(.timeLimit(.minutes(1)), arguments: Link.all) func fillsALink(link: Link) async {
        var model = StoreModel()
        model.latency = link.latency
        model.bandwidth = link.bandwidth
        let bytes = Double(1 << 20)
        var simulation = Simulation([Simulation.Load(programs: 200, requestClass: .read, kind: .mediumGet, bytes: bytes)], model)
        let figures = await simulation.run(seconds: 20, settling: 10)
        // A few slots are never a reader's.
        let slots = Double(RequestScheduler.Options().control.ceiling) * 7 / 8
        let possible = min(link.bandwidth, slots * bytes / (link.latency * 1.1 + bytes / 1e10))
        print("\(link.testDescription): \(figures.throughput / 1e6) of \(possible / 1e6) MB/s, limit \(figures.limit), hedged \(figures.hedgedShare)")
        #expect(figures.throughput >= 0.85 * possible)
        #expect(figures.hedgedShare <= 0.06)
    }

    /// A store that works on a fixed number of requests at a time: more of them only wait longer.
    @Test(.timeLimit(.minutes(1)), arguments: [4, 16, 40]) func keepsALineShort(workers: Int) async {
        var model = StoreModel()
        model.workers = workers
        let load = Simulation.Load(programs: 200, requestClass: .interactive, kind: .head)
        var simulation = Simulation([load], model)
        let figures = await simulation.run(seconds: 20, settling: 10)
        let possible = Double(workers) / (model.latency * 1.1)
        print(
            "\(workers) workers: \(figures.rate) of \(possible), limit \(figures.limit), p50 \(figures.latency(0.5)), hedged \(figures.hedgedShare)")
        #expect(figures.rate >= 0.85 * possible)
        #expect(figures.latency(0.5) <= 3.5 * model.latency * max(1, 16 / Double(workers)))
    }

    /// The ceiling alone would let the line grow.
    @Test(.timeLimit(.minutes(1))) func aFixedLimitMakesALongLine() async {
        var model = StoreModel()
        model.workers = 16
        var options = RequestScheduler.Options()
        options.control.start = options.control.ceiling
        options.control.floor = Double(options.control.ceiling)
        let load = Simulation.Load(programs: 200, requestClass: .interactive, kind: .head)
        var simulation = Simulation([load], model, options)
        let figures = await simulation.run(seconds: 20, settling: 10)
        #expect(figures.latency(0.5) > 3.5 * model.latency)
    }

    /// The store becomes slow for reasons of its own: the limit does not stay low for it.
    @Test(.timeLimit(.minutes(1))) func slownessThatIsNotOurs() {
        var control = ConcurrencyControl()
        var now = ContinuousClock.now
        func run(_ latency: Duration, for duration: Duration) {
            let end = now + duration
            while now < end {
                // As many requests end in a time as are under way in it.
                now += latency / control.slots
                control.answered(.head, latency: latency, isUsed: true, at: now)
            }
        }
        run(.milliseconds(10), for: .seconds(5))
        #expect(control.limit == 128)
        run(.milliseconds(100), for: .seconds(30))
        print("limit after the store became slow: \(control.limit)")
        #expect(control.limit > 100)
    }
}
