internal import FileSystemTypes

/// The list of segments.
extension Prefetcher {
    mutating func add(_ range: ByteRange, ahead: Int64, owner: Int?, _ plan: inout Plan) {
        numbers += 1
        let isPassing = owner.flatMap { stream($0) }?.isPassing ?? false
        let segment = Segment(number: numbers, range: range, ahead: ahead, isPassing: isPassing, owner: owner)
        segments.insert(segment, at: firstIndex(endingAfter: range.offset))
        plan.starting.append(segment)
    }

    /// All of a small file has been fetched before the first read of it, and its memory is taken from the budget.
    mutating func adoptWhole() -> Segment {
        numbers += 1
        var segment = Segment(number: numbers, range: ByteRange(offset: 0, count: size), ahead: size, isPassing: false, owner: nil)
        segment.isDone = true
        segments = [segment]
        return segment
    }

    /// What of `range` is in no segment and not cached, in order; aligned.
    func gaps(in range: ByteRange, _ world: some ReadSurroundings) -> [ByteRange] {
        var gaps: [ByteRange] = []
        var start = range.offset
        var index = firstIndex(endingAfter: start)
        while start < range.end {
            let next = index < segments.count ? segments[index].range : ByteRange(offset: size, count: 0)
            if next.offset > start {
                let whole = aligned(ByteRange(offset: start, count: min(range.end, next.offset) - start))
                uncached(whole, world, into: &gaps)
            }
            start = max(start, next.end)
            if index == segments.count { break }
            index += 1
        }
        return gaps
    }

    /// The blocks of an aligned range that are not cached, neighbours together.
    private func uncached(_ range: ByteRange, _ world: some ReadSurroundings, into gaps: inout [ByteRange]) {
        guard settings.alignment > 1 else { return gaps.append(range) }
        var start = range.offset
        while start < range.end {
            let block = ByteRange(offset: start, count: min(settings.alignment, range.end - start))
            start = block.end
            if world.isCached(block) { continue }
            if let last = gaps.last, last.end == block.offset {
                gaps[gaps.count - 1] = ByteRange(offset: last.offset, count: last.count + block.count)
            } else {
                gaps.append(block)
            }
        }
    }

    /// The parts of a read; whoever reads them counts as waiting for their segments. What is in no segment was found in the cache.
    mutating func takePieces(of wanted: ByteRange) -> [Piece] {
        var pieces: [Piece] = []
        var start = wanted.offset
        var index = firstIndex(endingAfter: start)
        while start < wanted.end {
            guard index < segments.count, segments[index].range.offset < wanted.end else {
                pieces.append(.cached(ByteRange(offset: start, count: wanted.end - start)))
                return pieces
            }
            let range = segments[index].range
            if range.offset > start { pieces.append(.cached(ByteRange(offset: start, count: range.offset - start))) }
            start = max(start, range.offset)
            let part = ByteRange(offset: start, count: min(range.end, wanted.end) - start)
            pieces.append(.segment(segments[index].number, part))
            segments[index].waiting += 1
            segments[index].read += part.count
            start = min(range.end, wanted.end)
            index += 1
        }
        return pieces
    }

    /// Takes out the segments that nobody waits for and no stream holds.
    mutating func sweep() -> [Segment] {
        var dropped: [Segment] = []
        for index in segments.indices.reversed() where segments[index].waiting == 0 && !isHeld(index) {
            dropped.append(segments.remove(at: index))
        }
        return dropped
    }

    private mutating func isHeld(_ index: Int) -> Bool {
        let segment = segments[index]
        if size <= settings.smallFile { return !segment.isDone && settings.alignment > 1 || readOfWhole < size && segment.range.count == size }
        // A block that is to be cached is fetched to its end, also when its reader has got what it wanted of it.
        if settings.alignment > 1, !segment.isDone, segment.ahead == 0 { return true }
        if let owner = segment.owner, let stream = stream(owner), holds(stream, segment) { return true }
        guard let other = streams.first(where: { holds($0, segment) }) else { return false }
        segments[index].owner = other.number
        return true
    }

    private func holds(_ stream: ReadStream, _ segment: Segment) -> Bool {
        let held = stream.held(unread: segment.read < segment.range.count)
        return segment.range.offset < held.upperBound && held.lowerBound < segment.range.end
    }

    /// Their numbers ascend.
    private func stream(_ number: Int) -> ReadStream? {
        var (low, high) = (0, streams.count)
        while low < high {
            let middle = (low + high) / 2
            if streams[middle].number >= number { high = middle } else { low = middle + 1 }
        }
        return low < streams.count && streams[low].number == number ? streams[low] : nil
    }

    func firstIndex(endingAfter offset: Int64) -> Int {
        var (low, high) = (0, segments.count)
        while low < high {
            let middle = (low + high) / 2
            if segments[middle].range.end > offset { high = middle } else { low = middle + 1 }
        }
        return low
    }

    func index(of number: Int) -> Int? {
        segments.firstIndex { $0.number == number }
    }

    func alignedUp(_ offset: Int64) -> Int64 {
        min(size, (offset + settings.alignment - 1) / settings.alignment * settings.alignment)
    }

    func alignedDown(_ offset: Int64) -> Int64 {
        offset / settings.alignment * settings.alignment
    }

    /// The range with whole blocks at both ends.
    func aligned(_ range: ByteRange) -> ByteRange {
        let start = alignedDown(range.offset)
        return ByteRange(offset: start, count: alignedUp(range.end) - start)
    }
}
