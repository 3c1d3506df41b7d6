package import ObjectStorage
internal import Signing

/// What a bucket holds and may hold, where a store tells mounts so: OBS ("Obtaining Storage Information of a Bucket" and "Obtaining Bucket Storage
/// Quota", OBS API Reference). IBM COS tells it to whoever administers buckets only.
extension RemoteStore {
    package func usage() async throws(StoreError) -> BucketUsage? {
        guard dialect.family == .obs else { return nil }
        let info = try await setting("storageinfo", root: "GetBucketStorageInfoResult")
        guard let bytes = info.number("Size"), let objects = info.number("ObjectNumber") else {
            throw StoreError(.invalidResponse, "the store does not say how much is in the bucket")
        }
        // Some keys may not ask for the quota.
        let quota = (try? await setting("quota", root: "Quota"))?.number("StorageQuota") ?? 0
        return BucketUsage(bytes: bytes, objects: objects, quota: quota > 0 ? quota : nil)
    }

    private func setting(_ name: String, root: String) async throws(StoreError) -> XMLElement {
        var request = request("GET")
        request.query = [QueryItem(name)]
        return try await answer(request, root: root)
    }
}

extension XMLElement {
    /// A count that is not negative.
    fileprivate func number(_ name: String) -> Int64? {
        text(name).flatMap { Int64($0) }.flatMap { $0 >= 0 ? $0 : nil }
    }
}
