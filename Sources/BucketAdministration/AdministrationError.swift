package import ObjectStorage

/// Why a bucket could not be asked or changed.
package enum AdministrationError: Error, Hashable, Sendable {
    case store(StoreError)
    /// This dialect, this store or this bucket has nothing of the kind; with what to do instead.
    case notOffered(String)
    /// A wrong use of the command.
    case usage(String)
    /// What is wrong with the document, a line for each finding.
    case invalid([String])

    /// A failure of the store, or its word that it has nothing of the kind.
    init(_ error: StoreError, _ feature: BucketFeature, _ dialect: String) {
        if error.reason == .unsupported || error.status == 405 || error.status == 501 || error.serviceCode == "FileGatewayBucket" {
            let words = [error.message, error.serviceCode.map { "(\($0))" } ?? ""].filter { !$0.isEmpty }.joined(separator: " ")
            self = .notOffered("this store or bucket does not offer '\(feature.name)': \(words)")
        } else if error.reason == .bucketExists {
            // It did not look at the sub-resource.
            self = .notOffered("this store does not offer to set '\(feature.name)': it takes that for the making of the bucket")
        } else {
            self = .store(error)
        }
    }
}

extension StoreError {
    /// The bucket is there, but nothing of the kind is set.
    var saysUnset: Bool {
        guard status == 404, let serviceCode else { return false }
        return serviceCode != "NoSuchBucket"
    }
}
