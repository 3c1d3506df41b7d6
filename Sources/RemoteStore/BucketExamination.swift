package import ObjectStorage

/// What there is to know about one bucket for those who are to use it: the result of a `BucketExaminer`.
package struct BucketExamination: Sendable {
    package enum Right: String, Sendable {
        case granted
        case refused
        /// Nothing showed it.
        case untested
    }

    /// A setting of the bucket.
    package enum Setting: Hashable, Sendable {
        /// In the store's own words, in lower case.
        case value(String)
        case off
        /// The store has nothing of the kind.
        case notOffered
        /// The keys may not know it.
        case hidden
        case unknown
    }

    /// What keeps the bucket from being used; nil when nothing does.
    package internal(set) var problem: StoreError?
    package internal(set) var traits: BucketTraits?
    /// How far the store's clock is ahead of ours, in whole seconds.
    package internal(set) var clockSkewSeconds: Int64?
    /// Of HEAD on the bucket over an open connection, in ascending order.
    package internal(set) var latencies: [Duration] = []
    package internal(set) var list = Right.untested
    package internal(set) var read = Right.untested
    package internal(set) var write = Right.untested
    package internal(set) var delete = Right.untested
    package internal(set) var versioning = Setting.unknown
    package internal(set) var objectLock = Setting.unknown
    /// Tried out; nil where that was not asked for or not possible.
    package internal(set) var capabilities: Capabilities?

    package var medianLatency: Duration? {
        latencies.isEmpty ? nil : latencies[latencies.count / 2]
    }
}

extension BucketExamination.Setting: CustomStringConvertible {
    package var description: String {
        switch self {
        case .value(let text): text
        case .off: "off"
        case .notOffered: "not offered"
        case .hidden: "not told to these keys"
        case .unknown: "unknown"
        }
    }
}
