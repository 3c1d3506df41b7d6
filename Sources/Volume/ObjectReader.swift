internal import Content
internal import FileSystemTypes
internal import Logging
internal import ObjectStorage
internal import Synchronization

/// Reads one version of an object by ranges, ahead of a reader that goes from front to back.
final class ObjectReader: Sendable {
    private struct State {
        var window: ReadWindow
        var segments: [ByteRange: ReadSegment] = [:]
    }

    let version: ObjectVersion
    private let volume: Volume
    private let state: Mutex<State>

    init(_ version: ObjectVersion, in volume: Volume) {
        self.version = version
        self.volume = volume
        state = Mutex(State(window: ReadWindow(size: version.size)))
    }

    func stop() {
        let segments = state.withLock { state in
            defer { state = State(window: ReadWindow(size: version.size)) }
            return Array(state.segments.values)
        }
        for segment in segments { discard(segment) }
    }

    func read(at offset: Int64, count: Int) async throws(Errno) -> Bytes {
        let wanted = ByteRange(offset: offset, count: Int64(count)).clamped(toSize: version.size)
        guard !wanted.isEmpty else { return Bytes() }
        guard let segments = segments(for: wanted) else { return try await exact(wanted) }
        var result = Bytes()
        for segment in segments {
            let start = max(wanted.offset, segment.range.offset)
            let part = ByteRange(offset: start, count: min(wanted.end, segment.range.end) - start)
            do throws(StoreError) {
                result.append(try await segment.read(part))
            } catch {
                remove(segment)
                throw failure(error)
            }
        }
        return result
    }

    /// The segments that hold `wanted`, new ones started; nil when it is to be fetched by itself.
    private func segments(for wanted: ByteRange) -> [ReadSegment]? {
        let (used, dropped, started) = state.withLock { state -> ([ReadSegment]?, [ReadSegment], [ReadSegment]) in
            let plan = state.window.plan(wanted) { bytes in
                volume.readAhead.reserve(bytes)
            }
            guard case .windowed(let dropping, let starting) = plan else { return (nil, [], []) }
            let dropped = dropping.compactMap { state.segments.removeValue(forKey: $0) }
            let started = starting.map { ReadSegment($0, reserved: $0.offset < wanted.end ? 0 : $0.count) }
            for segment in started { state.segments[segment.range] = segment }
            let used = state.window.segments.filter { $0.offset < wanted.end && wanted.offset < $0.end }
            return (used.compactMap { state.segments[$0] }, dropped, started)
        }
        for segment in dropped { discard(segment) }
        for segment in started { segment.start { [self] () async throws(StoreError) in try await get(segment.range) } }
        return used
    }

    private func exact(_ wanted: ByteRange) async throws(Errno) -> Bytes {
        do throws(StoreError) {
            return try await get(wanted).collect()
        } catch {
            throw failure(error)
        }
    }

    private func get(_ range: ByteRange) async throws(StoreError) -> ObjectContent {
        let content = try await volume.store.get(version.key, range: range, ReadConditions(ifMatch: version.etag, version: version.version))
        guard content.range == range, content.info.size >= version.size else {
            content.body.cancel()
            throw StoreError(.preconditionFailed, "\(version.key) has become shorter")
        }
        return content
    }

    private func remove(_ segment: ReadSegment) {
        state.withLock { state in
            state.window.remove(segment.range)
            let kept = Set(state.window.segments)
            for (range, later) in state.segments where !kept.contains(range) {
                state.segments[range] = nil
                discard(later)
            }
        }
    }

    private func discard(_ segment: ReadSegment) {
        segment.cancel()
        volume.readAhead.release(segment.reserved)
    }

    /// An object that is gone or another one now is stale to whoever has it open.
    private func failure(_ error: StoreError) -> Errno {
        if error.reason != .cancelled { volume.logger.error("\(error)") }
        return error.reason == .noSuchKey ? .stale : error.errno
    }
}
