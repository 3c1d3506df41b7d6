internal import FileSystemTypes
internal import Foundation
internal import LocalFiles
internal import ObjectStorage

extension TransferRun {
    /// Whether what is on both sides has to be transferred; asks the stores where the listings do not tell.
    func differs(_ source: TransferEntry, _ target: TransferEntry) async throws(TransferError) -> Bool {
        let comparison = Comparison(plan.route.direction, source: source, target: target)
        switch comparison.verdict(plan.rule ?? .sizeAndTime) {
        case .same: return false
        case .differs: return true
        case .compareContent: return try await differsInContent(source, target)
        case .ask(let asksSource, let asksTarget):
            let sourceInfo = asksSource ? try await info(source, isSource: true) : nil
            let targetInfo = asksTarget ? try await info(target, isSource: false) : nil
            return comparison.verdict(source: sourceInfo, target: targetInfo) != .same
        }
    }

    /// Nil where it has gone since it was listed.
    private func info(_ entry: TransferEntry, isSource: Bool) async throws(TransferError) -> ObjectInfo? {
        let place: RemotePlace
        switch plan.route {
        case .up(_, let remote), .down(let remote, _): place = remote
        case .across(let source, let target, _): place = isSource ? source : target
        }
        let key = place.key(entry.path)
        return try await asking(place, key) { () async throws(StoreError) in
            do throws(StoreError) {
                return try await place.store.head(key, ReadConditions())
            } catch {
                guard error.reason == .noSuchKey else { throw error }
                return nil
            }
        }
    }

    /// Where the object's ETag is no digest that can be taken of the file, they differ as far as anybody knows.
    private func differsInContent(_ source: TransferEntry, _ target: TransferEntry) async throws(TransferError) -> Bool {
        let (root, etag) =
            switch plan.route {
            case .up(let root, _): (root, target.etag)
            case .down(_, let root): (root, source.etag)
            case .across: (LocalPath(""), source.etag)
            }
        guard let etag, let form = DigestForm(etag) else { return true }
        let (path, partSize) = (root.appending(source.path), plan.partSize)
        return try await onDisk("read", path) { () throws(Errno) in
            let file = try OpenFile(path, O_RDONLY)
            return try !form.matches(file.descriptor, size: source.size, wanted: partSize)
        }
    }
}
