import FileSystemTypes
import Reading
import TestSupport

/// A store in simulated time: every answer begins after the latency, and all that have begun share the bandwidth equally.
struct LinkModel: Sendable, CustomStringConvertible {
    /// In seconds.
    var latency: Double
    /// In bytes per second.
    var bandwidth: Double
    /// The part of the answers that are late by `lateness` times the latency.
    var stragglers = 0.0
    var lateness = 5.0

    var description: String { "\(Int(latency * 1000)) ms, \(Int(bandwidth / 1e6)) MB/s, \(Int(stragglers * 100)) % late" }
}

/// Somebody who reads: each read begins when the one before has its bytes.
struct SimulatedReader {
    let id: Int
    let next: (Int) -> ByteRange?
    var steps = 0
    var pieces: [Prefetcher.Piece] = []
    var bytesRead: Int64 = 0
    var endedAt: Double?
}

/// A prefetcher, readers and a link, in simulated time.
struct Simulation {
    private struct Transfer {
        let number: Int
        let range: ByteRange
        let opensAt: Double
        let ahead: Int64
        var isOpen = false
        var delivered = 0.0
        var left: Double { Double(range.count) - delivered }
    }

    private(set) var now = 0.0
    private(set) var fetchedBytes = 0.0
    private(set) var requests = 0
    private(set) var mostHeld: Int64 = 0
    private(set) var readers: [SimulatedReader]
    private let link: LinkModel
    private var prefetcher: Prefetcher
    private var estimate = LinkEstimate()
    private var transfers: [Transfer] = []
    private var arrived: Set<Int> = []
    private var generator: SeededGenerator
    private let memory: World.Memory
    private let share: Int64

    init(size: Int64, link: LinkModel, memory: Int64, readers: [SimulatedReader], seed: UInt64 = 1) {
        self.link = link
        self.readers = readers
        self.memory = World.Memory(memory)
        share = memory / 2 / Int64(max(1, readers.count))
        generator = SeededGenerator(seed: seed)
        prefetcher = Prefetcher(size: size)
    }

    /// Until all readers have ended.
    mutating func run() {
        for index in readers.indices { advance(index) }
        while readers.contains(where: { $0.endedAt == nil }) { step() }
    }

    /// To the next moment at which something happens.
    private mutating func step() {
        let open = transfers.filter(\.isOpen)
        let rate = link.bandwidth / Double(max(1, open.count))
        var until = transfers.filter { !$0.isOpen }.map(\.opensAt).min() ?? .infinity
        for transfer in open {
            let target = needed(of: transfer) ?? Double(transfer.range.count)
            until = min(until, now + max(0, target - transfer.delivered) / rate)
        }
        precondition(until < .infinity, "readers wait for what nobody fetches")
        pass(until - now, rate)
        now = max(now, until)
        settle()
    }

    /// The least that some waiting reader still needs of a transfer.
    private func needed(of transfer: Transfer) -> Double? {
        var least: Double?
        for reader in readers {
            for case .segment(transfer.number, let part) in reader.pieces {
                let needed = Double(part.end - transfer.range.offset)
                if needed > transfer.delivered + 0.5 { least = min(least ?? needed, needed) }
            }
        }
        return least
    }

    private mutating func pass(_ seconds: Double, _ rate: Double) {
        for index in transfers.indices where transfers[index].isOpen {
            let bytes = min(transfers[index].left, seconds * rate)
            transfers[index].delivered += bytes
            fetchedBytes += bytes
            estimate.noteBytes(Int64(bytes), at: now + seconds)
        }
    }

    private mutating func settle() {
        for index in transfers.indices where !transfers[index].isOpen && transfers[index].opensAt <= now { transfers[index].isOpen = true }
        for transfer in transfers where transfer.isOpen && transfer.left < 0.5 {
            transfers.removeAll { $0.number == transfer.number }
            arrived.insert(transfer.number)
            drop(prefetcher.finished(transfer.number))
        }
        for index in readers.indices where readers[index].endedAt == nil && isServed(readers[index]) {
            for case .segment(_, let part) in readers[index].pieces { readers[index].bytesRead += part.count }
            drop(prefetcher.leave(readers[index].pieces))
            advance(index)
        }
    }

    private func isServed(_ reader: SimulatedReader) -> Bool {
        reader.pieces.allSatisfy { piece in
            guard case .segment(let number, let part) = piece, !arrived.contains(number) else { return true }
            guard let transfer = transfers.first(where: { $0.number == number }) else { return false }
            return transfer.delivered + 0.5 >= Double(part.end - transfer.range.offset)
        }
    }

    /// The next reads of one reader, as far as they need not wait.
    private mutating func advance(_ index: Int) {
        while let wanted = readers[index].next(readers[index].steps) {
            readers[index].steps += 1
            let world = World(bytesInFlight: estimate.bytesInFlight, share: share, memory: memory)
            let plan = prefetcher.plan(wanted, by: ReaderID(readers[index].id), in: world)
            for segment in plan.starting { begin(segment) }
            drop(plan.dropping)
            mostHeld = max(mostHeld, prefetcher.held)
            readers[index].pieces = plan.pieces
            guard isServed(readers[index]) else { return }
            readers[index].bytesRead += wanted.count
            drop(prefetcher.leave(plan.pieces))
        }
        readers[index].pieces = []
        readers[index].endedAt = now
        drop(prefetcher.close(ReaderID(readers[index].id)))
    }

    private mutating func begin(_ segment: Prefetcher.Segment) {
        let isLate = Double.random(in: 0..<1, using: &generator) < link.stragglers
        let wait = link.latency * (isLate ? link.lateness : 1)
        estimate.noteFirstByte(after: wait, at: now)
        requests += 1
        transfers.append(Transfer(number: segment.number, range: segment.range, opensAt: now + wait, ahead: segment.ahead))
    }

    private mutating func drop(_ segments: [Prefetcher.Segment]) {
        for segment in segments {
            memory.give(segment.ahead)
            arrived.remove(segment.number)
            transfers.removeAll { $0.number == segment.number }
        }
    }
}
