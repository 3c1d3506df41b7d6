internal import Synchronization

/// What one task makes and several take, first come first served; whoever is ahead by `capacity` waits.
package final class BoundedQueue<Element: Sendable>: Sendable {
    private struct State {
        var elements: [Element] = []
        var taken = 0
        var takers: [CheckedContinuation<Element?, Never>] = []
        var isFinished = false

        /// O(1) amortised.
        mutating func next() -> Element? {
            guard taken < elements.count else { return nil }
            defer {
                taken += 1
                if taken == elements.count || taken >= 1024 {
                    elements.removeFirst(taken)
                    taken = 0
                }
            }
            return elements[taken]
        }
    }

    private let room: WeightedSlots
    private let state = Mutex(State())

    package init(capacity: Int) {
        room = WeightedSlots(Int64(capacity))
    }

    /// False when the task was cancelled.
    package func put(_ element: Element) async -> Bool {
        guard await room.acquire() else { return false }
        let taker = state.withLock { state -> CheckedContinuation<Element?, Never>? in
            guard state.takers.isEmpty else { return state.takers.removeFirst() }
            state.elements.append(element)
            return nil
        }
        if let taker {
            room.release()
            taker.resume(returning: element)
        }
        return true
    }

    /// Nil when nothing is left and nothing will come. Whoever made the queue calls `finish`, also when all is cancelled.
    package func take() async -> Element? {
        await withCheckedContinuation { (taker: CheckedContinuation<Element?, Never>) in
            let (element, isOver) = state.withLock { state -> (Element?, Bool) in
                if let element = state.next() { return (element, true) }
                if !state.isFinished { state.takers.append(taker) }
                return (nil, state.isFinished)
            }
            if element != nil { room.release() }
            if isOver { taker.resume(returning: element) }
        }
    }

    /// Nothing more comes; what is there is still given.
    package func finish() {
        let takers = state.withLock { state in
            state.isFinished = true
            defer { state.takers = [] }
            return state.takers
        }
        for taker in takers { taker.resume(returning: nil) }
    }
}
