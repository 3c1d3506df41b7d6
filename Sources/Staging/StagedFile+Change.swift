package import FileSystemTypes
internal import LocalFiles
internal import Synchronization

extension StagedFile {
    /// Replaces bytes that have not been sealed. After an error the range may be partly replaced.
    package func overwrite(_ bytes: RawSpan, at offset: Int64) throws(StateError) {
        try writing.withLock { _ throws(StateError) in
            let (length, sealed, fault) = state.withLock { ($0.sums.length, $0.sealed, $0.fault) }
            if let fault { throw fault }
            precondition(offset >= sealed && offset + Int64(bytes.byteCount) <= length, "only bytes that are not sealed can be replaced")
            var position = offset
            var rest = bytes
            while rest.byteCount > 0 {
                let left = BlockChecksums.blockSize - Int(position % Int64(BlockChecksums.blockSize))
                let piece = rest.extracting(first: left)
                try overwriteInBlock(piece, at: position)
                position += Int64(piece.byteCount)
                rest = rest.extracting(droppingFirst: piece.byteCount)
            }
        }
    }

    /// The block's other bytes are checked before they get a new check: damage is not to be signed.
    private func overwriteInBlock(_ bytes: RawSpan, at offset: Int64) throws(StateError) {
        let index = Int(offset / Int64(BlockChecksums.blockSize))
        let (extent, sum) = state.withLock { ($0.sums.extent(of: index), $0.sums.sums[index]) }
        let old = try readBlocks(extent)
        guard old.count == extent.count, CRC32C.check(of: old) == sum else { throw remember(corruption(at: extent.lowerBound)) }
        let before = Int(offset - extent.lowerBound)
        var new = CRC32C.check(of: old.prefix(before))
        new = CRC32C.update(new, bytes)
        new = CRC32C.update(new, old.dropFirst(before + bytes.byteCount))
        do throws(Errno) {
            try files.write(descriptor, bytes, at: offset)
        } catch {
            try signWhatIsThere(index, extent)
            throw .call("write to \(path)", error)
        }
        setSum(new, of: index)
    }

    /// After a write that failed in the middle, which bytes are new is the system's secret; the writer knows that it failed.
    private func signWhatIsThere(_ index: Int, _ extent: Range<Int64>) throws(StateError) {
        let bytes = try readBlocks(extent)
        guard bytes.count == extent.count else { throw remember(corruption(at: extent.lowerBound)) }
        setSum(CRC32C.check(of: bytes), of: index)
    }

    private func setSum(_ sum: UInt32, of index: Int) {
        state.withLock { state in
            state.sums.replace(index, with: sum)
            state.hasUnsynced = true
        }
    }

    /// Gives up bytes that nothing refers to any more; their disk space is given back block by block.
    ///
    /// Only after the journal no longer refers to them: they may be gone at once.
    package func release(_ range: ByteRange) throws(StateError) {
        try writing.withLock { _ throws(StateError) in try releaseLocked(range.offset..<range.end) }
    }

    /// Gives up everything but `ranges`: what a recovered file's extents do not mention.
    package func keepOnly(_ ranges: [ByteRange]) throws(StateError) {
        var kept = RangeSet()
        for range in ranges { kept.insert(range.offset..<range.end) }
        for gap in kept.gaps(to: length) {
            try writing.withLock { _ throws(StateError) in try releaseLocked(gap) }
        }
    }

    private func releaseLocked(_ range: Range<Int64>) throws(StateError) {
        let size = Int64(BlockChecksums.blockSize)
        let holes = state.withLock { state -> [Range<Int64>] in
            let range = range.clamped(to: 0..<state.sums.length)
            guard !range.isEmpty else { return [] }
            state.released.insert(range)
            guard let covering = state.released.covering(range) else { return [] }
            // Whole blocks only: a block that is partly needed keeps its check. The last one may still grow.
            let low = max((covering.lowerBound + size - 1) / size, range.lowerBound / size) * size
            let high = min(covering.upperBound / size, (range.upperBound + size - 1) / size) * size
            guard low < high else { return [] }
            return state.punched.gaps(to: high).map { $0.clamped(to: low..<high) }.filter { !$0.isEmpty }
        }
        for hole in holes { try punch(hole) }
    }

    private func punch(_ hole: Range<Int64>) throws(StateError) {
        do throws(Errno) {
            try files.punch(descriptor, ByteRange(offset: hole.lowerBound, count: Int64(hole.count)))
        } catch  where error == .notSupported {
            // A file system without holes: the space comes back with the file.
            return
        } catch {
            throw .call("give space of \(path) back", error)
        }
        state.withLock { $0.punched.insert(hole) }
        space.release(Int64(hole.count))
    }
}
