internal import FileSystemTypes

/// What is fetched.
extension Prefetcher {
    /// All of a small file, in one request.
    mutating func fetchWhole(_ wanted: ByteRange, _ plan: inout Plan, _ world: some ReadSurroundings) {
        let whole = ByteRange(offset: 0, count: size)
        if segments.isEmpty, !world.isCached(aligned(wanted)) {
            let mayTakeAll = wanted == whole || world.reserve(size - wanted.count)
            readOfWhole = 0
            add(mayTakeAll ? whole : aligned(wanted), ahead: mayTakeAll ? size - wanted.count : 0, owner: nil, &plan)
        } else {
            for gap in gaps(in: wanted, world) { add(gap, ahead: 0, owner: nil, &plan) }
        }
        readOfWhole += wanted.count
    }

    /// What of the read itself is missing; the last request goes on into the window.
    mutating func fetchWanted(_ wanted: ByteRange, _ stream: Int?, _ plan: inout Plan, _ world: some ReadSurroundings) {
        let owner = stream.map { streams[$0].number }
        for gap in gaps(in: wanted, world) {
            let more = stream.map { continuation(of: gap, wanted, $0, world) } ?? 0
            let ahead = more > 0 && world.reserve(more) ? more : 0
            add(ByteRange(offset: gap.offset, count: gap.count + ahead), ahead: ahead, owner: owner, &plan)
            if ahead > 0, let stream { streams[stream].frontier = max(streams[stream].frontier, gap.end + ahead) }
        }
    }

    /// How far a request for the end of a read by a forward stream goes on behind it.
    private func continuation(of gap: ByteRange, _ wanted: ByteRange, _ stream: Int, _ world: some ReadSurroundings) -> Int64 {
        guard streams[stream].pattern == .forward, gap.end >= wanted.end, streams[stream].frontier <= gap.end else { return 0 }
        let window = window(of: streams[stream], world)
        let most = max(0, min(window, step(window) - gap.count, end(of: streams[stream]) - gap.end))
        let rest = alignedUp(gap.end + most) - gap.end
        guard rest > 0, let free = gaps(in: ByteRange(offset: gap.end, count: rest), world).first, free.offset == gap.end else { return 0 }
        return free.count
    }

    mutating func fetchAhead(of index: Int, _ plan: inout Plan, _ world: some ReadSurroundings) {
        streams[index].room = window(of: streams[index], world)
        switch streams[index].pattern {
        case .forward: fetchForward(index, &plan, world)
        case .backward: fetchBackward(index, &plan, world)
        case .strided(let distance): fetchStrided(index, distance, &plan, world)
        }
    }

    private mutating func fetchForward(_ index: Int, _ plan: inout Plan, _ world: some ReadSurroundings) {
        let window = window(of: streams[index], world)
        let limit = end(of: streams[index])
        let target = min(limit, streams[index].position + window)
        while streams[index].frontier < target {
            let start = streams[index].frontier
            let end = min(size, alignedUp(start + min(step(window), target - start)))
            // Many small requests cost more than a moment with a shorter window.
            guard end >= limit || end - start >= step(window) || start - streams[index].position <= window / 2 else { return }
            guard fetch(ByteRange(offset: start, count: end - start), index, &plan, world) else { return }
            streams[index].frontier = end
        }
    }

    /// As forward, in smaller steps: the bytes wanted first are the last to arrive.
    private mutating func fetchBackward(_ index: Int, _ plan: inout Plan, _ world: some ReadSurroundings) {
        let window = window(of: streams[index], world)
        let target = max(0, streams[index].position - window)
        let step = max(Self.smallestStep, step(window) / 2)
        while streams[index].frontier > target {
            let end = streams[index].frontier
            let start = max(0, alignedDown(end - min(step, end - target)))
            guard start == 0 || end - start >= step || streams[index].position - end <= window / 2 else { return }
            guard fetch(ByteRange(offset: start, count: end - start), index, &plan, world) else { return }
            streams[index].frontier = start
        }
    }

    /// The next pieces, each by itself: as many as have proved to be foreseen rightly.
    private mutating func fetchStrided(_ index: Int, _ distance: Int64, _ plan: inout Plan, _ world: some ReadSurroundings) {
        let last = streams[index].last
        let pieces = max(1, min(Int64(min(64, streams[index].run - 2)), window(of: streams[index], world) / last.count))
        let target = last.offset + pieces * distance
        while (target - streams[index].frontier) / distance > 0 {
            let start = streams[index].frontier + distance
            guard start >= 0, start < size else { return }
            let piece = aligned(ByteRange(offset: start, count: last.count).clamped(toSize: size))
            guard fetch(piece, index, &plan, world) else { return }
            streams[index].frontier = start
        }
    }

    /// Fetches what is missing of a range that nobody has asked for; false when there is no memory for it.
    private mutating func fetch(_ range: ByteRange, _ index: Int, _ plan: inout Plan, _ world: some ReadSurroundings) -> Bool {
        for gap in gaps(in: range, world) {
            guard world.reserve(gap.count) else {
                plan.isShort = true
                return false
            }
            add(gap, ahead: gap.count, owner: streams[index].number, &plan)
        }
        return true
    }

    /// Where a forward stream will probably end: where another has begun, since several readers of one file mostly share it out between them.
    private func end(of stream: ReadStream) -> Int64 {
        let later = streams.filter { $0.pattern == .forward && $0.start >= stream.position && $0.number != stream.number }
        return later.map(\.start).min() ?? size
    }

    private func window(of stream: ReadStream, _ world: some ReadSurroundings) -> Int64 {
        stream.window(atMost: min(world.share, max(Self.modestWindow, 2 * world.bytesInFlight)))
    }

    /// How much one request asks for: a part of the window, so that several are under way.
    private func step(_ window: Int64) -> Int64 {
        alignedUp(min(Self.largestStep, max(Self.smallestStep, window / 4)))
    }
}
