import FileSystemTypes

/// Chooses which sections of a file to copy or keep and which to send again, and from which side a run too short for a part grows.
///
/// Dynamic programming over the sections: the state after a section is whether it was absorbed into a body, or kept and how much the
/// body to its left took from it. A body that absorbed a section is never too short, for sections are as long as parts; so a state
/// is all that later choices depend on, and few states are worth keeping. O(n) for n sections.
struct SeamChoice {
    /// What a part costs beyond its request, where there would be too many: before the first `count` sections and after them.
    struct Penalty {
        var front: Double
        var count = Int.max
        var rest = 0.0

        static let none = Penalty(front: 0)
    }

    private struct State {
        var isKept: Bool
        /// What the body to the left took of the section.
        var taken: Int64 = 0
        /// What the body to the left took of the section before.
        var lentBefore: Int64 = 0
        var cost: Double
        /// Of the states after the section before.
        var previous: Int
    }

    private let file: Sections
    private let minimum: Int64
    private let largestCopy: Int64
    private let costs: CostModel
    private let penalty: Penalty
    /// One list for each section, and one for the end.
    private var states: [[State]] = []

    init(_ file: Sections, minimum: Int64, largestCopy: Int64, partSize: Int64, _ costs: CostModel, _ penalty: Penalty) {
        self.file = file
        self.minimum = minimum
        self.largestCopy = largestCopy
        self.costs = costs
        self.penalty = penalty
        var current = [State(isKept: true, cost: 0, previous: -1)]
        for index in file.sections.indices {
            current = pruned(extended(current, index, partSize))
            states.append(current)
        }
        states.append(finished(current))
    }

    /// What a part costs around section `index`.
    private func request(_ index: Int) -> Double {
        costs.request + (index < penalty.count ? penalty.front : penalty.rest)
    }

    /// All ways from `current` through the run before section `index` and over that section.
    private func extended(_ current: [State], _ index: Int, _ partSize: Int64) -> [State] {
        let section = file.sections[index]
        let run = file.runs[index]
        var next: [State] = []
        for (number, state) in current.enumerated() {
            let sent = state.cost + costs.total(run.cost)
            if let absorbing = section.absorbing {
                // The parts that a long body is divided into.
                let parts = request(index) * (Double(section.range.count) / Double(partSize)).rounded(.down)
                next.append(State(isKept: false, cost: sent + costs.total(absorbing) + parts, previous: number))
            }
            for seam in seams(state, index, run.count) {
                let cost = sent + seam.cost + keeping(section, seam.taken, request(index))
                next.append(State(isKept: true, taken: seam.taken, lentBefore: seam.lent, cost: cost, previous: number))
            }
        }
        return next
    }

    private struct Seam {
        var lent: Int64 = 0
        var taken: Int64 = 0
        var cost: Double
    }

    /// The ways to end a body before section `index`, with what it borrows from the sections on either side.
    private func seams(_ state: State, _ index: Int, _ count: Int64) -> [Seam] {
        let request = request(index)
        if !state.isKept || count >= minimum && count > 0 { return [Seam(cost: request)] }
        if count == 0 { return [Seam(cost: 0)] }
        let need = minimum - count
        let left = index == 0 ? 0 : max(0, file.sections[index - 1].spare - state.taken)
        let right = file.sections[index].spare
        var seams: [Seam] = []
        let borrowed = request + costs.request + (costs.byteUp + costs.byteDown) * Double(need)
        if right >= need { seams.append(Seam(taken: need, cost: borrowed)) }
        if left >= need { seams.append(Seam(lent: need, cost: borrowed)) }
        if left > 0, left < need, right >= need - left {
            seams.append(Seam(lent: left, taken: need - left, cost: borrowed + costs.request))
        }
        return seams
    }

    private func keeping(_ section: Section, _ taken: Int64, _ request: Double) -> Double {
        guard case .copyable = section.kind else { return 0 }
        return request * (Double(section.range.count - taken) / Double(largestCopy)).rounded(.up)
    }

    /// Without states that are no better than another in any respect.
    private func pruned(_ states: [State]) -> [State] {
        let absorbed = states.filter { !$0.isKept }.min { $0.cost < $1.cost }
        var kept: [State] = []
        for state in states.filter(\.isKept).sorted(by: { ($0.taken, $0.cost) < ($1.taken, $1.cost) })
        where state.cost < kept.last?.cost ?? .infinity {
            kept.append(state)
        }
        return kept.prefix(1) + kept.dropFirst().suffix(7) + (absorbed.map { [$0] } ?? [])
    }

    /// Over the last run: the last part has any size.
    private func finished(_ current: [State]) -> [State] {
        let run = file.runs[file.sections.count]
        let best = current.enumerated().map { number, state in
            let ends = !state.isKept || run.count > 0
            return State(isKept: true, cost: state.cost + costs.total(run.cost) + (ends ? request(file.sections.count) : 0), previous: number)
        }
        return best.min { $0.cost < $1.cost }.map { [$0] } ?? []
    }

    /// The whole file in segments, nil where there is no way to divide it.
    func segments(size: Int64) -> [Segment]? {
        guard let last = states.last?.first, file.unreadable == nil else { return nil }
        var kept: [Segment] = []
        var lent = last.lentBefore
        var number = last.previous
        for index in file.sections.indices.reversed() {
            let state = states[index][number]
            if state.isKept { kept.append(file.sections[index].segment(taken: state.taken, lent: lent)) }
            lent = state.lentBefore
            number = state.previous
        }
        return Self.filled(kept.reversed(), size)
    }

    /// With bodies for what lies between.
    private static func filled(_ kept: [Segment], _ size: Int64) -> [Segment] {
        var all: [Segment] = []
        var position: Int64 = 0
        for segment in kept {
            if segment.range.offset > position { all.append(.body(ByteRange(offset: position, count: segment.range.offset - position))) }
            all.append(segment)
            position = segment.range.end
        }
        if position < size { all.append(.body(ByteRange(offset: position, count: size - position))) }
        return all
    }
}
