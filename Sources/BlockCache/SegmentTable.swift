internal import FileSystemTypes
internal import Synchronization

/// A file of blocks that is open for reading.
struct OpenSegment: Sendable {
    let file: SegmentFile
    let nonce: UInt64

    /// Nil when its header is damaged.
    init?(_ file: SegmentFile) throws(Errno) {
        guard let header = SegmentHeader(try file.read(at: 0, count: SegmentHeader.size)[...]) else { return nil }
        self.file = file
        nonce = header.nonce
    }

    init(_ file: SegmentFile, nonce: UInt64) {
        self.file = file
        self.nonce = nonce
    }
}

/// The files of blocks that the index knows, by numbers that are never used again. At most `mostOpen` of them are open.
final class SegmentTable: Sendable {
    private struct State {
        var names: [UInt32: SegmentName] = [:]
        var numbers: [SegmentName: UInt32] = [:]
        var open: [UInt32: OpenSegment] = [:]
        var openOrder: [UInt32] = []
        var reported: Set<UInt32> = []
        var next: UInt32 = 1
    }

    static let mostOpen = 64

    private let folder: CacheFolder
    private let state = Mutex(State())

    init(folder: CacheFolder) {
        self.folder = folder
    }

    func add(_ name: SegmentName) -> UInt32 {
        state.withLock { state in
            if let number = state.numbers[name] { return number }
            let number = state.next
            state.next += 1
            state.names[number] = name
            state.numbers[name] = number
            return number
        }
    }

    func contains(_ name: SegmentName) -> Bool {
        state.withLock { $0.numbers[name] != nil }
    }

    var names: [SegmentName] {
        state.withLock { Array($0.numbers.keys) }
    }

    /// Forgets files, and returns their numbers. Whoever is reading one of them goes on.
    func remove(_ names: some Sequence<SegmentName>) -> Set<UInt32> {
        state.withLock { state in
            var removed: Set<UInt32> = []
            for name in names {
                guard let number = state.numbers.removeValue(forKey: name) else { continue }
                state.names[number] = nil
                if state.open.removeValue(forKey: number) != nil { state.openOrder.removeAll { $0 == number } }
                state.reported.remove(number)
                removed.insert(number)
            }
            return removed
        }
    }

    /// Opens the file if it is not open; `noSuchFile` when it is gone. Nil when its header is damaged. Blocks on the local disk.
    func open(_ number: UInt32) throws(Errno) -> OpenSegment? {
        let (known, name) = state.withLock { ($0.open[number], $0.names[number]) }
        if let known { return known }
        guard let name else { throw .noSuchFile }
        guard let opened = try OpenSegment(try SegmentFile.open(folder.filePath(name.text))) else { return nil }
        keep(number, opened)
        return opened
    }

    func keep(_ number: UInt32, _ segment: OpenSegment) {
        // What falls out may be the last reference: it is closed after the lock.
        var closed: OpenSegment?
        state.withLock { state in
            guard state.names[number] != nil, state.open[number] == nil else { return }
            if state.openOrder.count >= Self.mostOpen { closed = state.open.removeValue(forKey: state.openOrder.removeFirst()) }
            state.open[number] = segment
            state.openOrder.append(number)
        }
        _ = closed
    }

    /// Closes all files once nobody reads them any more.
    func close() {
        let closed = state.withLock { state in
            defer {
                state.open = [:]
                state.openOrder = []
            }
            return state.open
        }
        _ = closed
    }

    /// The name of the file if nothing has been reported of it yet.
    func report(_ number: UInt32) -> SegmentName? {
        state.withLock { state in
            guard let name = state.names[number], state.reported.insert(number).inserted else { return nil }
            return name
        }
    }
}
