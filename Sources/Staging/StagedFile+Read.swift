package import FileSystemTypes
internal import LocalFiles
internal import Synchronization
internal import Threads

extension StagedFile {
    /// Exactly `count` bytes from `offset` on, checked. Fails with `corrupted` when they are not those that were written.
    package func read(at offset: Int64, count: Int) throws(StateError) -> Bytes {
        guard count > 0 else { return Bytes() }
        let wanted = offset..<offset + Int64(count)
        do throws(StateError) {
            return try checked(wanted)
        } catch {
            // A block may have been overwritten between the look at its check and at its bytes: once more while nobody writes.
            guard case .corrupted = error.reason else { throw error }
            return try writing.withLock { _ throws(StateError) in
                do throws(StateError) {
                    return try checked(wanted)
                } catch {
                    if case .corrupted = error.reason { _ = remember(error) }
                    throw error
                }
            }
        }
    }

    /// Reads whole blocks, compares them, and cuts out what is wanted.
    private func checked(_ wanted: Range<Int64>) throws(StateError) -> Bytes {
        let size = Int64(BlockChecksums.blockSize)
        let blocks = Int(wanted.lowerBound / size)...Int((wanted.upperBound - 1) / size)
        let (sums, end) = state.withLock { state in
            let known = blocks.clamped(to: 0...max(0, state.sums.sums.count - 1))
            return (Array(state.sums.sums[known.lowerBound..<min(known.upperBound + 1, state.sums.sums.count)]), state.sums.length)
        }
        guard wanted.lowerBound >= 0, wanted.upperBound <= end else {
            throw StateError(.failed(.invalidArgument), "\(path) has \(end) bytes; asked for \(wanted.lowerBound) to \(wanted.upperBound)")
        }
        let start = Int64(blocks.lowerBound) * size
        let stop = min((Int64(blocks.upperBound) + 1) * size, end)
        let bytes = try readBlocks(start..<stop)
        for (index, sum) in sums.enumerated() {
            let low = index * BlockChecksums.blockSize
            let block = bytes.dropFirst(low).prefix(BlockChecksums.blockSize)
            guard Int64(block.count) == min(size, stop - start - Int64(low)), CRC32C.check(of: block) == sum else {
                throw mismatch(at: start + Int64(low))
            }
        }
        return Bytes(bytes[Int(wanted.lowerBound - start)..<Int(wanted.upperBound - start)])
    }

    /// A block that was given back is no damage: whoever still reads it has a map of before, and must look again.
    private func mismatch(at offset: Int64) -> StateError {
        let block = offset..<offset + Int64(BlockChecksums.blockSize)
        guard state.withLock({ $0.punched.covering(block) }) != nil else { return corruption(at: offset) }
        return StateError(.failed(.stale), "the bytes of \(path) at \(offset) have been given back")
    }

    func readBlocks(_ range: Range<Int64>) throws(StateError) -> [UInt8] {
        do throws(Errno) {
            return try files.read(descriptor, at: range.lowerBound, count: range.count)
        } catch {
            throw .call("read \(path)", error)
        }
    }

    func corruption(at offset: Int64) -> StateError {
        StateError(
            .corrupted(file: name, offset: offset),
            "\(path) is damaged near offset \(offset): its bytes are not those that were written; the disk or its memory is at fault, "
                + "nothing of this file is uploaded")
    }

    /// Reads all that has not been released, and fails with `corrupted` at the first damage.
    package func verify() throws(StateError) {
        let (gaps, end) = state.withLock { ($0.punched.gaps(to: $0.sums.length), $0.sums.length) }
        for gap in gaps {
            for start in stride(from: gap.lowerBound, to: min(gap.upperBound, end), by: 1 << 20) {
                _ = try read(at: start, count: Int(min(1 << 20, gap.upperBound - start)))
            }
        }
    }

    /// Some bytes of the file as the body of a request. A damaged file fails the request, and `fault` says why.
    package func source(_ range: ByteRange) -> any ByteSource {
        StagedFileSource(file: self, range: range)
    }
}

/// A range of a staging file; its reads run on threads that may block.
private struct StagedFileSource: ByteSource {
    let file: StagedFile
    let range: ByteRange

    var count: Int64 { range.count }

    func read(at offset: Int64, upTo maximum: Int) async throws(Errno) -> Bytes {
        let wanted = Int(min(Int64(maximum), range.count - offset))
        let outcome = await withTaskExecutorPreference(file.executor) { () async -> Result<Bytes, Errno> in
            do throws(StateError) {
                return .success(try file.read(at: range.offset + offset, count: wanted))
            } catch {
                return .failure(error.errno)
            }
        }
        return try outcome.get()
    }
}
