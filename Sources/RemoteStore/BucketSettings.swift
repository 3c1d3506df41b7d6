internal import ObjectStorage
internal import Signing

/// Asks a store how a bucket is set.
struct BucketSettings {
    typealias Setting = BucketExamination.Setting

    let store: RetryingStore<RemoteStore>
    let bucket: BucketName

    func versioning() async throws(StoreError) -> Setting {
        try await setting("versioning", "VersioningConfiguration") { $0.text("Status") }
    }

    /// Whether objects, or versions of them, can be kept from being deleted.
    func objectLock() async throws(StoreError) -> Setting {
        let protection = try await protection()
        if case .value = protection { return protection }
        return try await setting("object-lock", "ObjectLockConfiguration") { root in
            let rule = root.first("Rule")?.first("DefaultRetention")
            let time = ["Days", "Years"].compactMap { name in rule?.text(name).map { "\($0) \(name)" } }.first
            let standard = rule?.text("Mode").map { ", \($0) for \(time ?? "no time")" } ?? ""
            return root.text("ObjectLockEnabled").map { $0 + standard }
        }
    }

    /// IBM's immutable storage: every object is kept for a time, whoever made it.
    func protection() async throws(StoreError) -> Setting {
        guard store.base.dialect.family == .cos else { return .notOffered }
        return try await setting("protection", "ProtectionConfiguration") { $0.text("Status") }
    }

    /// Whether an object that is made now cannot be deleted again.
    func keepsEverything() async throws(StoreError) -> Bool {
        if case .value = try await protection() { true } else { false }
    }

    private func setting(_ subresource: String, _ root: String, _ value: (XMLElement) -> String?) async throws(StoreError) -> Setting {
        do throws(StoreError) {
            let element = try await store.retrying { _ throws(StoreError) in
                var request = StoreRequest("GET", bucket)
                request.query = [QueryItem(subresource)]
                return try await store.base.answer(request, root: root)
            }
            guard let text = value(element)?.lowercased(), !text.isEmpty, text != "disabled" else { return .off }
            return .value(text)
        } catch {
            switch (error.reason, error.status) {
            case (.unsupported, _), (_, 405), (_, 501): return .notOffered
            case (.accessDenied, _): return .hidden
            case (_, 404): return .off
            case (.invalidResponse, _), (.invalidRequest, _): return .unknown
            default: throw error
            }
        }
    }
}
