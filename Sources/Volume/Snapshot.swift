internal import Content
internal import FileSystemTypes
internal import ObjectStorage
internal import Staging
internal import Uploads

/// One state of a file, as it is to be stored.
struct Snapshot: Sendable {
    let key: Key
    let map: ExtentMap
    let revision: OpenFile.Revision
    /// Its bytes before `frozen` stay as they are until the snapshot is stored.
    let staged: StagedFile?
    let attributes: ObjectAttributes
    /// Those of an upload that began before the last write: without the times, which then are those of the object, unless a program set them.
    let streamedAttributes: ObjectAttributes
    let situation: UploadSituation
    let upload: Upload?
    let wantsAppendable: Bool
    let hasExplicitTimes: Bool

    /// Some bytes are neither here nor in an object: only the upload that is under way has them.
    var hasBytesOnlyInPart: Bool { map.isOnlyInPart(ByteRange(offset: 0, count: map.size)) }
}

extension OpenFile {
    /// What of a staging file is not needed any more.
    enum Unused {
        case all
        case ranges([ByteRange])
    }
}

extension OpenFile.State {
    /// `grows`: what was added will be appended to the object, whose time then is that of the append. No request is made for the times' sake,
    /// unless the object has other ones stored with it.
    mutating func snapshot(
        _ key: Key, _ attributes: ObjectAttributes, _ streamed: ObjectAttributes, grows: Bool, stored metadata: [String: String]
    ) -> Snapshot {
        frozen = staged?.length ?? 0
        // An upload that began when all had been written has the times already.
        let streamed = hasExplicitTimes || stream.attributes == attributes ? attributes : streamed
        let running = stream.upload.map { _ in RunningUpload(carriesAttributes: stream.attributes == streamed) }
        let situation = UploadSituation(
            attributesChanged: revision.attributes != stored.attributes
                || revision.content != stored.content && !(grows && map.base != nil && metadata["mtime"] == nil),
            appendPosition: appendPosition, upload: running)
        return Snapshot(
            key: key, map: map, revision: revision, staged: staged, attributes: attributes, streamedAttributes: streamed, situation: situation,
            upload: stream.upload, wantsAppendable: wantsAppendable && map.base == nil, hasExplicitTimes: hasExplicitTimes)
    }

    /// The store has the snapshot: what has not changed since is read from there.
    mutating func settle(_ snapshot: Snapshot, _ object: StoredObject) -> (OpenFile.Unused, StagedFile?) {
        let before = map
        map = revision.content == snapshot.revision.content ? ExtentMap(base: object.version) : map.rebased(from: snapshot.map, onto: object.version)
        stored = snapshot.revision
        appendPosition = object.appendPosition
        failure = nil
        let wasPaused = stream.isPaused
        stream = UploadStream()
        stream.isPaused = wasPaused
        if revision.attributes == snapshot.revision.attributes { hasExplicitTimes = false }
        defer { garbage = [] }
        let old = staged
        guard map.localByteCount > 0 else {
            staged = nil
            return (.all, old)
        }
        let everything = ByteRange(offset: 0, count: max(before.size, map.size))
        return (.ranges((garbage + before.stagedRanges(in: everything)).subtracting(map.stagedRanges(in: everything))), old)
    }
}

extension [ByteRange] {
    /// What is in these ranges and in none of `others`. O((n + m) log m) for ranges that do not overlap each other much.
    func subtracting(_ others: [ByteRange]) -> [ByteRange] {
        let others = others.sorted { $0.offset < $1.offset }
        var result: [ByteRange] = []
        for range in self {
            var start = range.offset
            var index = others.partition(before: start)
            while index < others.count, others[index].offset < range.end {
                if others[index].offset > start { result.append(ByteRange(offset: start, count: others[index].offset - start)) }
                start = Swift.max(start, others[index].end)
                index += 1
            }
            if start < range.end { result.append(ByteRange(offset: start, count: range.end - start)) }
        }
        return result
    }

    /// The first of these ranges, which are in order and apart from each other, that ends behind `offset`.
    private func partition(before offset: Int64) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle].end <= offset { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
