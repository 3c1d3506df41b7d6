import FileSystemTypes
import Reading
import TestSupport
import Testing

/// Random reads, answers, failures and closes: what must hold after each of them.
@Suite(.timeLimit(.minutes(2))) struct PrefetcherSequenceTests {
    @Test(arguments: Array(1...40) as [UInt64]) func invariantsHold(seed: UInt64) {
        var run = PrefetcherRun(seed: seed)
        for _ in 0..<600 { run.step() }
        run.end()
        #expect(run.prefetcher.segments.isEmpty && run.prefetcher.activeStreams == 0)
        #expect(run.world.memory.free == PrefetcherRun.memory, "memory was lost or made up")
    }
}

private struct PrefetcherRun {
    static let memory: Int64 = 24 << 20

    var prefetcher: Prefetcher
    var world = World()
    private let size: Int64
    private let alignment: Int64
    private var generator: SeededGenerator
    private var underWay: [Int] = []
    private var reads: [[Prefetcher.Piece]] = []
    private var positions: [Int64]

    init(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let size = Int64.random(in: 2 << 20...80 << 20, using: &generator)
        let alignment: Int64 = Bool.random(using: &generator) ? 1 : 128 << 10
        var settings = Prefetcher.Settings()
        settings.alignment = alignment
        prefetcher = Prefetcher(size: size, settings: settings)
        world.memory = World.Memory(Self.memory)
        world.share = 6 << 20
        positions = (0..<6).map { _ in Int64.random(in: 0..<size, using: &generator) }
        if alignment > 1 { world.cached = Set((0..<40).map { _ in Int64.random(in: 0..<size / alignment, using: &generator) * alignment }) }
        (self.size, self.alignment, self.generator) = (size, alignment, generator)
    }

    mutating func step() {
        switch Int.random(in: 0..<10, using: &generator) {
        case 0..<5: read()
        case 5, 6: if let index = underWay.indices.randomElement(using: &generator) { drop(prefetcher.finished(underWay.remove(at: index))) }
        case 7: if let index = underWay.indices.randomElement(using: &generator) { fail(underWay.remove(at: index)) }
        case 8: leave()
        default: if Int.random(in: 0..<20, using: &generator) == 0 { drop(prefetcher.close(ReaderID(Int.random(in: 0..<3, using: &generator)))) }
        }
        check()
    }

    mutating func end() {
        while !reads.isEmpty { leave() }
        for reader in 0..<3 { drop(prefetcher.close(ReaderID(reader))) }
        for number in underWay { drop(prefetcher.finished(number)) }
    }

    private mutating func read() {
        let lane = Int.random(in: 0..<6, using: &generator)
        let count = ([4096, 65_536, 131_072, 1 << 20] as [Int64]).randomElement(using: &generator) ?? 4096
        if Int.random(in: 0..<8, using: &generator) == 0 { positions[lane] = Int64.random(in: 0..<size, using: &generator) }
        let offset = min(positions[lane], size - 1)
        let wanted = ByteRange(offset: offset, count: count).clamped(toSize: size)
        positions[lane] = lane == 0 ? max(0, offset - count) : (wanted.end < size ? wanted.end : 0)
        let plan = prefetcher.plan(wanted, by: ReaderID(lane % 3), in: world)
        check(plan, wanted)
        underWay += plan.starting.map(\.number)
        reads.append(plan.pieces)
        drop(plan.dropping)
    }

    private mutating func leave() {
        guard let index = reads.indices.randomElement(using: &generator) else { return }
        drop(prefetcher.leave(reads.remove(at: index)))
    }

    private mutating func fail(_ number: Int) {
        if let segment = prefetcher.failed(number) { drop([segment]) }
    }

    private mutating func drop(_ segments: [Prefetcher.Segment]) {
        for segment in segments {
            world.memory.give(segment.ahead)
            underWay.removeAll { $0 == segment.number }
        }
    }

    /// The pieces are the read, and each comes from where it says.
    private func check(_ plan: Prefetcher.Plan, _ wanted: ByteRange) {
        var next = wanted.offset
        for piece in plan.pieces {
            switch piece {
            case .segment(let number, let range):
                #expect(range.offset == next && !range.isEmpty)
                let segment = prefetcher.segments.first { $0.number == number }
                #expect(segment.map { $0.range.offset <= range.offset && range.end <= $0.range.end } ?? false)
                next = range.end
            case .cached(let range):
                #expect(range.offset == next && alignment > 1)
                #expect((range.offset / alignment...(range.end - 1) / alignment).allSatisfy { world.cached.contains($0 * alignment) })
                next = range.end
            }
        }
        #expect(next == wanted.end)
    }

    private func check() {
        let ranges = prefetcher.segments.map(\.range)
        #expect(zip(ranges, ranges.dropFirst()).allSatisfy { $0.end <= $1.offset }, "segments overlap or are out of order")
        #expect(ranges.allSatisfy { !$0.isEmpty && $0.end <= size && $0.offset % alignment == 0 && ($0.end % alignment == 0 || $0.end == size) })
        #expect(world.memory.free + prefetcher.segments.reduce(0) { $0 + $1.ahead } == Self.memory)
    }
}
