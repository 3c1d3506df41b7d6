import Requests
import Testing

/// A store that allows so many requests a second and refuses the others, in simulated time.
@Suite struct ThrottlingTests {
    struct Allowance: Sendable, CustomTestStringConvertible {
        let rate: Double
        let latency: Double

        var testDescription: String { "\(rate) a second, \(latency * 1000) ms" }

        static let all = [
            Allowance(rate: 20, latency: 0.01), Allowance(rate: 100, latency: 0.02), Allowance(rate: 300, latency: 0.01),
            Allowance(rate: 500, latency: 0.05), Allowance(rate: 2000, latency: 0.02), Allowance(rate: 400, latency: 0.2),
        ]
    }

    private func figures(_ allowance: Allowance, _ options: RequestScheduler.Options = RequestScheduler.Options()) async -> Simulation.Figures {
        var model = StoreModel()
        model.latency = allowance.latency
        model.allowedRate = allowance.rate
        let load = Simulation.Load(programs: 200, requestClass: .interactive, kind: .head)
        var simulation = Simulation([load], model, options)
        return await simulation.run(seconds: 60, settling: 20)
    }

    @Test(.timeLimit(.minutes(1)), arguments: Allowance.all) func settlesBelowWhatIsRefused(allowance: Allowance) async {
        let figures = await figures(allowance)
        print(
            "\(allowance.testDescription): \(figures.rate) a second, refused \(figures.throttledRate), limit \(figures.limit), hedged \(figures.hedged)"
        )
        #expect(figures.rate >= 0.75 * allowance.rate)
        #expect(figures.throttledRate <= max(10, 0.01 * allowance.rate))
    }

    @Test(.timeLimit(.minutes(1))) func aFixedLimitIsRefusedAgainAndAgain() async {
        let allowance = Allowance(rate: 500, latency: 0.05)
        var options = RequestScheduler.Options()
        options.control.start = options.control.ceiling
        options.control.floor = Double(options.control.ceiling)
        options.control.lowest = options.control.floor
        let figures = await figures(allowance, options)
        print("fixed limit: refused \(figures.throttledRate) a second")
        #expect(figures.throttledRate > 0.02 * allowance.rate)
    }

    /// One answer in two hundred is a refusal, however little is asked: that is no reason to ask less.
    @Test(.timeLimit(.minutes(1))) func aFewRefusalsByChanceCostLittle() async {
        var model = StoreModel()
        model.chance = 0.005
        var simulation = Simulation([Simulation.Load(programs: 200, requestClass: .interactive, kind: .head)], model)
        let figures = await simulation.run(seconds: 20, settling: 5)
        let possible = Double(RequestScheduler.Options().control.ceiling) / (model.latency * 1.1)
        print("half a percent refused: \(figures.rate) of \(possible)")
        #expect(figures.rate >= 0.8 * possible)
    }

    /// Half a minute in which everything is refused: asked seldom, and in full again within seconds.
    @Test(.timeLimit(.minutes(1))) func recoversFromAnOutage() async {
        let load = Simulation.Load(programs: 200, requestClass: .interactive, kind: .head)
        var model = StoreModel()
        model.outage = 10...40
        var before = Simulation([load], model)
        let full = await before.run(seconds: 5, settling: 5).rate
        var during = Simulation([load], model)
        let refused = await during.run(seconds: 10, settling: 30).throttledRate
        var after = Simulation([load], model)
        let recovered = await after.run(seconds: 5, settling: 48).rate
        print("outage: \(full) a second before, \(refused) asked in it, \(recovered) after")
        #expect(refused <= 5)
        #expect(recovered >= 0.9 * full)
    }

    /// One in ten fails by chance, whatever is done: the limit does not go down to pauses for it.
    @Test(.timeLimit(.minutes(1))) func chanceDoesNotBringItToAStandstill() {
        var control = ConcurrencyControl()
        var now = ContinuousClock.now
        var lowest = Double.infinity
        for count in 0..<20_000 {
            now += .milliseconds(10) / control.slots
            if count % 10 == 9 {
                control.throttled(began: now - .milliseconds(10), inFlight: control.slots, at: now)
            } else {
                control.answered(.head, latency: .milliseconds(10), isUsed: true, at: now)
            }
            if count > 1000 { lowest = min(lowest, control.limit) }
        }
        #expect(lowest >= 2)
    }
}
