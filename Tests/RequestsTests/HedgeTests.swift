import Requests
import Testing

/// Hedging against models of stores, in simulated time.
@Suite struct HedgeTests {
    private func figures(stragglers: Double, isOn: Bool = true, allowedRate: Double? = nil) async -> Simulation.Figures {
        var model = StoreModel()
        model.stragglers = stragglers
        model.allowedRate = allowedRate
        var options = RequestScheduler.Options()
        options.hedging.isOn = isOn
        let load = Simulation.Load(programs: 32, requestClass: .interactive, kind: .head)
        var simulation = Simulation([load], model, options)
        return await simulation.run(seconds: 60, settling: 10)
    }

    @Test(.timeLimit(.minutes(1)), arguments: [0.015, 0.03]) func shortensTheTail(stragglers: Double) async {
        let hedged = await figures(stragglers: stragglers)
        let plain = await figures(stragglers: stragglers, isOn: false)
        print(
            "\(stragglers): p99 \(plain.latency(0.99)) -> \(hedged.latency(0.99)), rate \(plain.rate) -> \(hedged.rate), hedged \(hedged.hedgedShare)"
        )
        #expect(hedged.hedgedShare <= 0.05)
        #expect(hedged.latency(0.99) <= 0.1)
        // The negative control.
        #expect(plain.latency(0.99) >= 1.9)
        #expect(plain.hedged == 0)
    }

    /// More stragglers than the share of second requests: fewer of them remain.
    @Test(.timeLimit(.minutes(1))) func isBounded() async {
        let hedged = await figures(stragglers: 0.08)
        let plain = await figures(stragglers: 0.08, isOn: false)
        print("8 %: p95 \(plain.latency(0.95)) -> \(hedged.latency(0.95)), rate \(plain.rate) -> \(hedged.rate), hedged \(hedged.hedgedShare)")
        #expect(hedged.hedgedShare <= 0.055)
        #expect(hedged.rate > 1.3 * plain.rate)
    }

    @Test(.timeLimit(.minutes(1))) func costsLittleWhereNothingIsSlow() async {
        let figures = await figures(stragglers: 0)
        print("no stragglers: hedged \(figures.hedgedShare)")
        #expect(figures.hedgedShare <= 0.011)
    }

    @Test(.timeLimit(.minutes(1))) func restsWhileTheStoreThrottles() async {
        let figures = await figures(stragglers: 0.03, allowedRate: 300)
        print("throttled \(figures.throttledRate) a second: hedged \(figures.hedged)")
        #expect(figures.throttled > 0)
        #expect(figures.hedgedShare < 0.01)
    }
}
