/// Who waits for a slot, and who is next. A pure value.
///
/// Classes share the slots by weight: next is the class that has the fewest for its weight, so that one whose requests last long gets no more than
/// one whose requests are short. Inside a class the first comes first. A few slots never go to uploads, a few never to reads, so that neither
/// finds all of them taken by the other, whose requests may last for seconds.
package struct SlotQueue: Sendable {
    package struct Ticket: Hashable, Sendable {
        package let number: UInt64
        package let requestClass: RequestClass

        /// `number` is used once.
        package init(_ number: UInt64, _ requestClass: RequestClass) {
            self.number = number
            self.requestClass = requestClass
        }
    }

    private struct Line: Sendable {
        var tickets: [UInt64] = []
        /// Those before it have gone.
        var head = 0

        /// O(1) on average.
        mutating func removeFirst() {
            head += 1
            guard head > 64, head * 2 > tickets.count else { return }
            tickets.removeFirst(head)
            head = 0
        }
    }

    private var lines = [Line](repeating: Line(), count: RequestClass.allCases.count)
    private var inUse = [Int](repeating: 0, count: RequestClass.allCases.count)
    /// Since when each ticket waits; tickets in line that are not here have been given back.
    private var since: [UInt64: ContinuousClock.Instant] = [:]
    private let capacity: Int

    /// At most `capacity` tickets wait.
    package init(capacity: Int) {
        self.capacity = capacity
    }

    package var inFlight: Int { inUse.reduce(0, +) }
    package var waiting: Int { since.count }

    package func inFlight(_ requestClass: RequestClass) -> Int { inUse[requestClass.rawValue] }

    // MARK: Slots

    /// Takes a slot if one is free and nobody waits for it.
    package mutating func enter(_ requestClass: RequestClass, of slots: Int) -> Bool {
        guard since.isEmpty, mayEnter(requestClass, slots) else { return false }
        inUse[requestClass.rawValue] += 1
        return true
    }

    /// Takes one slot more than there may be: for what had one before, and must not wait.
    package mutating func reenter(_ requestClass: RequestClass) { inUse[requestClass.rawValue] += 1 }

    package mutating func leave(_ requestClass: RequestClass) {
        precondition(inUse[requestClass.rawValue] > 0, "a slot was left twice")
        inUse[requestClass.rawValue] -= 1
    }

    private func mayEnter(_ requestClass: RequestClass, _ slots: Int) -> Bool {
        guard inFlight < slots else { return false }
        let reserve = max(1, slots / 8)
        let reads = inFlight(.read) + inFlight(.readAhead)
        return switch requestClass {
        case .interactive: true
        case .read: reads < slots - reserve
        // What a program waits for finds a slot in spite of all that is read ahead.
        case .readAhead: reads < max(1, slots - 2 * reserve)
        case .upload: inFlight(.upload) < slots - reserve
        }
    }

    // MARK: Tickets

    /// Takes a place in line; false when too many wait already.
    package mutating func wait(_ ticket: Ticket, since now: ContinuousClock.Instant) -> Bool {
        guard since.count < capacity else { return false }
        since[ticket.number] = now
        lines[ticket.requestClass.rawValue].tickets.append(ticket.number)
        return true
    }

    /// The ticket whose turn it is, which has its slot then.
    package mutating func next(of slots: Int) -> Ticket? {
        guard !since.isEmpty, inFlight < slots else { return nil }
        var best: (requestClass: RequestClass, load: Double)?
        for requestClass in RequestClass.allCases where first(requestClass) != nil && mayEnter(requestClass, slots) {
            let load = Double(inFlight(requestClass) + 1) / requestClass.weight
            if best.map({ load < $0.load }) ?? true { best = (requestClass, load) }
        }
        guard let chosen = best?.requestClass, let number = first(chosen) else { return nil }
        lines[chosen.rawValue].removeFirst()
        since[number] = nil
        inUse[chosen.rawValue] += 1
        return Ticket(number, chosen)
    }

    /// Gives a ticket back; false when its turn has come already.
    package mutating func remove(_ number: UInt64) -> Bool { since.removeValue(forKey: number) != nil }

    /// Gives back, and names, the tickets that have waited since before `moment`.
    package mutating func removeAll(waitingSince moment: ContinuousClock.Instant) -> [UInt64] {
        let late = since.filter { $0.value < moment }.map(\.key)
        for number in late { since[number] = nil }
        return late
    }

    private mutating func first(_ requestClass: RequestClass) -> UInt64? {
        let index = requestClass.rawValue
        while lines[index].head < lines[index].tickets.count {
            let number = lines[index].tickets[lines[index].head]
            if since[number] != nil { return number }
            lines[index].removeFirst()
        }
        return nil
    }
}
