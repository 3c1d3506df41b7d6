import FileSystemTypes
import Reading
import TestSupport
import Testing

/// How fast readers are, what is fetched in vain and who gets how much, against models of latency and bandwidth.
@Suite(.timeLimit(.minutes(3))) struct SimulationTests {
    private static let memory: Int64 = 256 << 20

    private static let links: [LinkModel] = [0.001, 0.015, 0.05, 0.2].flatMap { latency in
        [10e6, 100e6, 1e9, 10e9].flatMap { bandwidth in
            [0, 0.05].map { LinkModel(latency: latency, bandwidth: bandwidth, stragglers: $0) }
        }
    }

    private func sequential(_ id: Int, from start: Int64, upTo end: Int64, by count: Int64 = 256 << 10) -> SimulatedReader {
        SimulatedReader(id: id) { step in
            let offset = start + Int64(step) * count
            return offset < end ? ByteRange(offset: offset, count: min(count, end - offset)) : nil
        }
    }

    /// The best that a window of so many bytes can do: read in order, it waits for the latest of its answers.
    private func best(_ link: LinkModel, window: Int64) -> Double {
        Double(window) / (link.latency * (link.stragglers > 0 ? link.lateness : 1) + Double(window) / link.bandwidth)
    }

    @Test(arguments: links) func oneStreamUsesTheLink(link: LinkModel) {
        // Long enough that finding the window does not matter much.
        let size = Int64(min(4e9, max(64e6, 30 * link.latency * best(link, window: Self.memory / 2))))
        var simulation = Simulation(size: size, link: link, memory: Self.memory, readers: [sequential(1, from: 0, upTo: size)])
        simulation.run()
        let rate = Double(size) / simulation.now
        let part = rate / best(link, window: Self.memory / 2)
        #expect(part > 0.6, "\(link): \(Int(rate / 1e6)) MB/s, \(part) of the best")
        #expect(simulation.fetchedBytes < Double(size) * 1.001, "\(link): something was fetched twice")
        #expect(simulation.mostHeld <= Self.memory + (16 << 20), "\(link): \(simulation.mostHeld) bytes of memory")
    }

    @Test(arguments: links) func whoStopsEarlyHasFetchedLittleInVain(link: LinkModel) {
        for end in [128 << 10, 1 << 20, 20 << 20, 200 << 20] as [Int64] {
            let reader = sequential(1, from: 0, upTo: end)
            var simulation = Simulation(size: 4 << 30, link: link, memory: Self.memory, readers: [reader])
            simulation.run()
            #expect(simulation.fetchedBytes <= 4 * Double(end) + 1e6, "\(link): \(Int(simulation.fetchedBytes)) bytes for \(end)")
        }
    }

    @Test(arguments: links) func randomReadsAreExact(link: LinkModel) {
        var generator = SeededGenerator(seed: 12)
        let offsets = (0..<200).map { _ in Int64.random(in: 1..<1 << 20, using: &generator) * 4096 }
        let reader = SimulatedReader(id: 1) { $0 < offsets.count ? ByteRange(offset: offsets[$0], count: 4096) : nil }
        var simulation = Simulation(size: 8 << 30, link: link, memory: Self.memory, readers: [reader])
        simulation.run()
        #expect(
            simulation.requests == 200 && abs(simulation.fetchedBytes - 200 * 4096) < 200,
            "\(simulation.requests) requests, \(simulation.fetchedBytes) bytes")
    }

    @Test(arguments: links) func streamsGetEqualParts(link: LinkModel) {
        let each = Int64(min(256e6, max(16e6, 8 * link.latency * best(link, window: Self.memory / 8))))
        let readers = (0..<8).map { sequential($0, from: Int64($0) * each, upTo: Int64($0 + 1) * each) }
        var simulation = Simulation(size: 8 * each, link: link, memory: Self.memory, readers: readers)
        simulation.run()
        let ends = simulation.readers.compactMap(\.endedAt)
        let (first, last) = (ends.min() ?? 0, ends.max() ?? 0)
        #expect(ends.count == 8 && first > (link.stragglers > 0 ? 0.25 : 0.5) * last, "\(link): from \(first) s to \(last) s")
        #expect(simulation.mostHeld <= Self.memory + (32 << 20), "\(link): \(simulation.mostHeld) bytes of memory")
        let part = Double(8 * each) / simulation.now / best(link, window: Self.memory / 2)
        #expect(part > 0.6, "\(link): \(part) of the best together")
    }

    @Test func sixtyFourStreamsStayInLittleMemory() {
        let each: Int64 = 16 << 20
        let readers = (0..<64).map { sequential($0, from: Int64($0) * each, upTo: Int64($0 + 1) * each) }
        var simulation = Simulation(size: 64 * each, link: LinkModel(latency: 0.015, bandwidth: 1e9), memory: 128 << 20, readers: readers)
        simulation.run()
        #expect(simulation.mostHeld <= 160 << 20, "\(simulation.mostHeld >> 20) MiB")
        #expect(Double(64 * each) / simulation.now > 0.6e9)
    }

    @Test(arguments: [1, -1]) func stridesAndReverseReadersDoNotWaitForEachRead(direction: Int64) {
        let link = LinkModel(latency: 0.05, bandwidth: 1e9)
        let strided = SimulatedReader(id: 1) { step in
            step < 300 ? ByteRange(offset: (direction > 0 ? Int64(step) : 400 - Int64(step)) * (8 << 20) + 4096, count: 256 << 10) : nil
        }
        var simulation = Simulation(size: 8 << 30, link: link, memory: Self.memory, readers: [strided])
        simulation.run()
        #expect(simulation.now < 300 * 0.05 / 5, "strided: \(simulation.now) s")
        #expect(simulation.fetchedBytes <= 1.3 * 300 * Double(256 << 10))
    }

    @Test func reverseReadersDoNotWaitForEachRead() {
        let link = LinkModel(latency: 0.05, bandwidth: 1e9)
        let reader = SimulatedReader(id: 1) { $0 < 1024 ? ByteRange(offset: (2 << 30) - Int64($0 + 1) * (256 << 10), count: 256 << 10) : nil }
        var simulation = Simulation(size: 2 << 30, link: link, memory: Self.memory, readers: [reader])
        simulation.run()
        #expect(simulation.now < 1024 * 0.05 / 10, "reverse: \(simulation.now) s")
        #expect(simulation.fetchedBytes <= 1.5 * 1024 * Double(256 << 10))
    }

    /// The assertions can fail: a reader without a window is as slow as the latency makes it.
    @Test func aReaderWithoutMemoryIsSlow() {
        let link = LinkModel(latency: 0.05, bandwidth: 1e9)
        var simulation = Simulation(size: 64 << 20, link: link, memory: 1, readers: [sequential(1, from: 0, upTo: 64 << 20)])
        simulation.run()
        #expect(Double(64 << 20) / simulation.now < 0.1e9)
    }
}
