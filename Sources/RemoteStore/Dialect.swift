package import ObjectStorage

/// What tells one family of stores from another: values, no behaviour of its own.
///
/// A store that speaks two forms of its protocol (OBS with its own headers and with Amazon's) is two dialects of one family.
package struct Dialect: Hashable, Sendable {
    package enum Family: String, Hashable, Sendable, CaseIterable {
        case s3
        case obs
        case cos
        case oos

        /// As people call it.
        package var title: String {
            switch self {
            case .s3: "S3"
            case .obs: "Huawei OBS"
            case .cos: "IBM Cloud Object Storage"
            case .oos: "CTYun OOS"
            }
        }
    }

    /// How a listing is asked for.
    package enum Listing: Hashable, Sendable {
        /// Pages begin after a name.
        case markers
        /// Pages begin where a token says.
        case tokens
    }

    /// How a PUT is told not to replace anything.
    enum AbsentCondition: Hashable, Sendable {
        case ifNoneMatch
        /// A header of the dialect with the value `true`.
        case forbidOverwrite
    }

    /// How an append is written.
    package enum AppendForm: Hashable, Sendable {
        /// `POST ?append&position=N` (OBS).
        case post
        /// `PUT ?append&position=N` (Ceph RGW).
        case put
        /// `PUT` with a header (Amazon S3 directory buckets).
        case writeOffset
    }

    package var family: Family
    /// In lower case, with the final hyphen.
    package var headerPrefix: String
    /// Of headers that keep the vendor's own prefix in every form of the protocol.
    package var vendorPrefix: String
    package var limits: StoreLimits
    package var listing: Listing
    /// Names in listings may be asked for in percent-encoding.
    package var encodesListings: Bool
    var absentCondition: AbsentCondition
    package var append: AppendForm?
    /// Codes that only this family answers, or answers with a meaning of its own.
    var codes: [String: StoreError.Reason]
    /// What every bucket of this dialect can do; a bucket may turn out to be able to do more.
    package var capabilities: Capabilities

    func header(_ name: String) -> String { headerPrefix + name }

    var metadataPrefix: String { headerPrefix + "meta-" }

    /// Objects may have checksums, which the store tells of what is read whole.
    var tellsChecksums: Bool { family == .s3 }
}

extension Dialect: CustomStringConvertible {
    package var description: String { family.rawValue }
}
