package import ObjectStorage

/// One way in which a `FaultingStore` fails.
package struct Fault: Sendable {
    /// Which of the requests that `operations` names it hits.
    package enum Trigger: Sendable {
        /// Only the N-th, counted from 1 since the plan was set.
        case nth(Int)
        /// The N-th and all after it.
        case from(Int)
        /// The first so many.
        case first(Int)
        case every
        /// Each with this probability, 0 to 1, drawn from the store's seed.
        case rate(Double)
    }

    package enum Moment: Sendable {
        /// Nothing was done.
        case before
        /// The work is done, and its answer is lost.
        case after
        /// The body of a GET breaks off after so many bytes; for every other request as `after`.
        case withinBody(after: Int)
    }

    package var operations: Set<StoreOperation>
    package var trigger: Trigger
    package var moment: Moment
    /// Nil only delays: the request, or with `after` its answer.
    package var error: StoreError?
    /// Waited before an error, before anything else.
    package var delay: Duration

    package init(
        _ trigger: Trigger, of operations: Set<StoreOperation> = Set(StoreOperation.allCases), _ moment: Moment = .before,
        error: StoreError? = Fault.unavailable, delay: Duration = .zero
    ) {
        self.operations = operations
        self.trigger = trigger
        self.moment = moment
        self.error = error
        self.delay = delay
    }

    /// What a store answers that cannot serve a request right now.
    package static let unavailable = StoreError(.unavailable, "injected failure", status: 500, serviceCode: "InternalError")

    /// What a client sees when a connection breaks: whether the request was carried out, it cannot know.
    package static var connectionLost: StoreError {
        var error = StoreError(.unreachable, "injected loss of the connection")
        error.outcomeUnknown = true
        return error
    }
}

/// The faults of a `FaultingStore` and how far each of them has come: decides, and does nothing itself.
struct FaultPlan: Sendable {
    private var faults: [(fault: Fault, seen: Int)]
    private var generator: SeededGenerator

    init(_ faults: [Fault], seed: UInt64) {
        self.faults = faults.map { ($0, 0) }
        generator = SeededGenerator(seed: seed)
    }

    /// The first fault that hits this request.
    mutating func next(_ operation: StoreOperation) -> Fault? {
        var hit: Fault?
        for index in faults.indices where faults[index].fault.operations.contains(operation) {
            faults[index].seen += 1
            if fires(faults[index].fault.trigger, seen: faults[index].seen), hit == nil { hit = faults[index].fault }
        }
        return hit
    }

    private mutating func fires(_ trigger: Fault.Trigger, seen: Int) -> Bool {
        switch trigger {
        case .nth(let number): seen == number
        case .from(let number): seen >= number
        case .first(let count): seen <= count
        case .every: true
        case .rate(let rate): Double.random(in: 0..<1, using: &generator) < rate
        }
    }
}
