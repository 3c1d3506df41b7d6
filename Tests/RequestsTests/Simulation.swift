import Requests

/// The scheduler of requests against a modelled store, in simulated time: programs that ask again as soon as they have their answer.
struct Simulation {
    /// So many programs, each with one request at a time.
    struct Load {
        var programs: Int
        var requestClass: RequestClass
        var kind: RequestKind
        /// Bytes of each answer or upload.
        var bytes = 0.0
    }

    /// What was counted after the time to settle.
    struct Figures {
        var seconds = 0.0
        var completed: [RequestClass: Int] = [:]
        var bytes: [RequestClass: Double] = [:]
        /// From the beginning of a request to the first byte of the answer.
        var latencies: [Double] = []
        var sent = 0
        var hedged = 0
        var throttled = 0
        var limit = 0.0
        /// The longest that a request of each class waited for its turn.
        var longestWait: [RequestClass: Double] = [:]

        var rate: Double { Double(completed.values.reduce(0, +)) / seconds }
        var throughput: Double { bytes.values.reduce(0, +) / seconds }
        var hedgedShare: Double { Double(hedged) / Double(max(1, sent)) }
        var throttledRate: Double { Double(throttled) / seconds }

        func latency(_ quantile: Double) -> Double {
            let sorted = latencies.sorted()
            return sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, Int(quantile * Double(sorted.count)))]
        }
    }

    private enum Event {
        case ask(program: Int)
        case firstByte(request: UInt64, isSecond: Bool)
        case refusal(request: UInt64, isSecond: Bool)
        case late(request: UInt64)
        case end(request: UInt64)
        case turn
    }

    private struct Request {
        let program: Int
        let asked: Double
        var began = 0.0
        var secondBegan: Double?
        var isDecided = false
    }

    private let loads: [Load]
    private let programs: [Load]
    private var model: StoreModel
    private var scheduler: RequestScheduler
    private var events = EventQueue<Event>()
    private var requests: [UInt64: Request] = [:]
    private var refusals: [Int: Int] = [:]
    private var lastRequest: UInt64 = 0
    private var now = 0.0
    private let origin = ContinuousClock.now
    private var figures = Figures()
    private var isMeasuring = false

    init(_ loads: [Load], _ model: StoreModel, _ options: RequestScheduler.Options = RequestScheduler.Options()) {
        self.loads = loads
        programs = loads.flatMap { [Load](repeating: $0, count: $0.programs) }
        self.model = model
        scheduler = RequestScheduler(options)
    }

    private var instant: ContinuousClock.Instant { origin + .seconds(now) }

    /// Figures of `seconds` after `settling` seconds.
    mutating func run(seconds: Double, settling: Double) async -> Figures {
        for program in programs.indices { events.plan(.ask(program: program), at: Double(program) * 1e-5) }
        var before = RequestCounters()
        var handled = 0
        while let (time, event) = events.next(), time < settling + seconds {
            now = time
            handled += 1
            // Other tests of this process have to do with real time.
            if handled % 1000 == 0 { await Task.yield() }
            if !isMeasuring, time >= settling {
                isMeasuring = true
                before = scheduler.counters
            }
            handle(event)
            admit()
        }
        figures.seconds = seconds
        figures.sent = scheduler.counters.sent - before.sent
        figures.hedged = scheduler.counters.hedged - before.hedged
        figures.throttled = scheduler.counters.throttled - before.throttled
        figures.limit = scheduler.limit
        return figures
    }

    private mutating func handle(_ event: Event) {
        switch event {
        case .ask(let program): ask(program)
        case .firstByte(let request, let isSecond): answered(request, isSecond)
        case .refusal(let request, let isSecond): refused(request, isSecond)
        case .late(let request): late(request)
        case .end(let request): ended(request)
        case .turn: break
        }
    }

    private mutating func ask(_ program: Int) {
        lastRequest += 1
        requests[lastRequest] = Request(program: program, asked: now)
        let requestClass = programs[program].requestClass
        if scheduler.enter(requestClass, at: instant) {
            begin(lastRequest)
        } else {
            _ = scheduler.wait(SlotQueue.Ticket(lastRequest, requestClass), at: instant)
        }
    }

    private mutating func admit() {
        for ticket in scheduler.admit(at: instant) { begin(ticket.number) }
        if let turn = scheduler.nextTurn(after: instant) { events.plan(.turn, at: (turn - origin).seconds + 1e-9) }
    }

    private mutating func begin(_ request: UInt64) {
        guard let load = load(of: request) else { return }
        requests[request]?.began = now
        if isMeasuring, let asked = requests[request]?.asked {
            figures.longestWait[load.requestClass] = max(now - asked, figures.longestWait[load.requestClass] ?? 0)
        }
        scheduler.began(load.kind)
        send(request, isSecond: false)
        if let delay = scheduler.hedgeDelay(load.kind, at: instant) { events.plan(.late(request: request), at: now + delay.seconds) }
    }

    private mutating func send(_ request: UInt64, isSecond: Bool) {
        switch model.ask(at: now) {
        case .refused(let time): events.plan(.refusal(request: request, isSecond: isSecond), at: time)
        case .begins(let time): events.plan(.firstByte(request: request, isSecond: isSecond), at: time)
        }
    }

    private mutating func late(_ number: UInt64) {
        guard let load = load(of: number), requests[number]?.isDecided == false else { return }
        guard scheduler.enterHedge(load.requestClass, at: instant) else { return }
        requests[number]?.secondBegan = now
        scheduler.began(load.kind)
        send(number, isSecond: true)
    }

    private mutating func answered(_ number: UInt64, _ isSecond: Bool) {
        guard let request = requests[number], let load = load(of: number), !request.isDecided else { return }
        let began = isSecond ? request.secondBegan ?? now : request.began
        if load.requestClass != .upload {
            scheduler.ended(load.kind, .answered, began: origin + .seconds(began), at: instant)
            if isMeasuring { figures.latencies.append(now - request.began) }
        }
        decide(number, load)
        events.plan(.end(request: number), at: model.end(of: load.bytes, at: now))
    }

    private mutating func refused(_ number: UInt64, _ isSecond: Bool) {
        guard let request = requests[number], let load = load(of: number), !request.isDecided else { return }
        let began = isSecond ? request.secondBegan ?? now : request.began
        scheduler.ended(load.kind, .throttled, began: origin + .seconds(began), at: instant)
        guard !isSecond else { return }
        decide(number, load)
        scheduler.leave(load.requestClass)
        requests[number] = nil
        // As `RetryPolicy` does it: full jitter.
        let count = refusals[request.program, default: 0] + 1
        refusals[request.program] = count
        events.plan(.ask(program: request.program), at: now + model.random(upTo: min(5, 0.1 * Double(1 << min(count - 1, 6)))))
    }

    private mutating func decide(_ number: UInt64, _ load: Load) {
        if requests[number]?.secondBegan != nil { scheduler.leave(load.requestClass) }
        requests[number]?.isDecided = true
    }

    private mutating func ended(_ number: UInt64) {
        guard let request = requests[number], let load = load(of: number) else { return }
        if load.requestClass == .upload { scheduler.ended(load.kind, .answered, began: origin + .seconds(request.began), at: instant) }
        scheduler.leave(load.requestClass)
        requests[number] = nil
        refusals[request.program] = 0
        if isMeasuring {
            figures.completed[load.requestClass, default: 0] += 1
            figures.bytes[load.requestClass, default: 0] += load.bytes
        }
        events.plan(.ask(program: request.program), at: now)
    }

    private func load(of request: UInt64) -> Load? { requests[request].map { programs[$0.program] } }
}
