internal import Signing

/// For how long IBM COS keeps an object from being changed or deleted, in a bucket with a protection policy.
///
/// Source: "Use Immutable Object Storage", IBM Cloud Docs.
package struct Retention: Hashable, Sendable {
    /// In seconds from its making on; -1 for as long as nobody says otherwise, -2 for ever; nil for what the bucket's policy says.
    package var period: Int64?
    /// The name of a hold that stands until it is taken away: 1 to 64 letters, digits and `!_.*()-'`.
    package var legalHold: String?

    package init(period: Int64? = nil, legalHold: String? = nil) {
        self.period = period
        self.legalHold = legalHold
    }

    var headers: [HeaderField] {
        (period.map { [HeaderField("Retention-Period", String($0))] } ?? [])
            + (legalHold.map { [HeaderField("Retention-Legal-Hold-ID", $0)] } ?? [])
    }
}
