internal import FileSystemTypes
internal import ObjectStorage
internal import Synchronization

extension TransferRun {
    /// Files begun that wait for one before them to be done.
    private static let longestWindow = 20_000

    /// Finds what there is to do, in the order of the listings.
    func list(comparing rule: ComparisonRule?, into queue: BoundedQueue<Work>, extras: PathSpool?) async throws(TransferError) {
        var pairs = EntryPairs(source: sourceEntries(), target: rule == nil ? nil : targetEntries())
        var nesting = NestingCheck()
        var sources = 0
        while let pair = try await pairs.next() {
            guard !Task.isCancelled else { throw .stopped }
            guard let path = pair.source?.path ?? pair.target?.path, plan.filter.admits(path) else { continue }
            guard let source = pair.source else {
                try await extra(path, extras)
                continue
            }
            sources += 1
            if let error = problem(path, &nesting) {
                failed(path, error)
            } else {
                try await enqueue(source, pair.target, into: queue)
            }
        }
        if plan.deletes, sources == 0 {
            throw TransferError(.conflict, "there is nothing at the source: --delete would empty the target; for that there is windlass rm -r, or rm")
        }
        progress.listed()
    }

    private func enqueue(_ source: TransferEntry, _ target: TransferEntry?, into queue: BoundedQueue<Work>) async throws(TransferError) {
        let isDecided = target == nil || plan.rule == nil && !checkpoint.wasFinished(source.path)
        if plan.rule == nil {
            while checkpoint.window > Self.longestWindow, !Task.isCancelled { try? await Task.sleep(for: .milliseconds(20)) }
            checkpoint.begin(source.path)
        }
        if isDecided { progress.queued(source.path, source.size) }
        guard await queue.put(Work(source: source, target: target, isDecided: isDecided)) else { throw .stopped }
    }

    /// Why it cannot become a file of this machine.
    private func problem(_ path: RelativePath, _ nesting: inout NestingCheck) -> TransferError? {
        guard plan.route.direction == .down else { return nil }
        if let problem = path.problem { return TransferError(.failed, "it is no name of a file: \(problem); copy it by itself") }
        guard let file = nesting.obstacle(to: path) else { return nil }
        return TransferError(.failed, "it is no name of a file where \(file) is one; copy it by itself")
    }

    private func extra(_ path: RelativePath, _ extras: PathSpool?) async throws(TransferError) {
        guard plan.deletes else { return }
        if plan.isDryRun { return progress.event(.wouldDelete(path)) }
        guard let extras else { return }
        try await onDisk("write", extras.path) { () throws(Errno) in try extras.append(path) }
    }

    private func sourceEntries() -> any EntryStream {
        if let single = plan.single { return ListedEntries([single]) }
        return switch plan.route {
        case .up(let root, _): walk(root, isSource: true)
        case .down(let place, _): objects(place, keepsMarkers: false)
        case .across(let place, _, _): objects(place, keepsMarkers: true)
        }
    }

    /// Empty where the target is not there yet.
    private func targetEntries() -> any EntryStream {
        if plan.single != nil { return ListedEntries([]) }
        return switch plan.route {
        case .up(_, let place): objects(place, keepsMarkers: false)
        case .down(_, let root):
            if (try? LocalSystem.facts(root, follow: true)) == nil { ListedEntries([]) } else { walk(root, isSource: false) }
        case .across(_, let place, _): objects(place, keepsMarkers: true)
        }
    }

    private func objects(_ place: RemotePlace, keepsMarkers: Bool) -> RemoteListing {
        RemoteListing(place.store, prefix: place.prefix, keepsMarkers: keepsMarkers) { [self] in explained($0, place, nil) }
    }

    private func walk(_ root: LocalPath, isSource: Bool) -> LocalWalk {
        LocalWalk(root, follow: plan.follow, on: executor) { [self] path, text, isFailure in
            if isFailure {
                // What is missing in the listing may be there.
                state.withLock { $0.mayDelete = false }
                failed(path, TransferError(.failed, text))
            } else if isSource {
                progress.event(.note(path, text))
            }
        }
    }
}
