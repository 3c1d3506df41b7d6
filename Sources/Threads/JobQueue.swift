/// First in, first out, O(1) amortised at both ends.
struct JobQueue {
    private var incoming: [UnownedJob] = []
    private var outgoing: [UnownedJob] = []

    var isEmpty: Bool { incoming.isEmpty && outgoing.isEmpty }

    mutating func append(_ job: UnownedJob) {
        incoming.append(job)
    }

    mutating func popFirst() -> UnownedJob? {
        if outgoing.isEmpty {
            swap(&incoming, &outgoing)
            outgoing.reverse()
        }
        return outgoing.popLast()
    }
}
