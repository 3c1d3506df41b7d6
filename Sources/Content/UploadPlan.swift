package import FileSystemTypes

/// How the content of a file gets into its object, and its attributes beside it.
///
/// Carried out in this order: `content`, `attributes`, and the abort of an upload that is not used. Every fetch and every copied range
/// is pinned to the version it names. PUT, completion and copy take the write condition that the file's base asks for.
package struct UploadPlan: Hashable, Sendable {
    package var content: ContentStep
    package var attributes: AttributesStep
    /// There is an upload under way that this plan does not use.
    package var abandonsUpload: Bool

    init(_ content: ContentStep, _ attributes: AttributesStep = .carried, abandonsUpload: Bool = false) {
        self.content = content
        self.attributes = attributes
        self.abandonsUpload = abandonsUpload
    }

    package var cost: PlanCost {
        content.cost + PlanCost(requests: (attributes == .carried ? 0 : 1) + (abandonsUpload ? 1 : 0))
    }
}

package enum ContentStep: Hashable, Sendable {
    /// The object has these bytes already.
    case keep
    /// With the attributes.
    case put(Body)
    /// A copy of a whole object, with the attributes in the place of its own.
    case copyWhole(ObjectVersion)
    /// At the end of an object that can grow; at 0 it makes one, with the attributes.
    case append(position: Int64, Body)
    case multipart(PartList)
    /// In place and one after the other. All fetches of all steps are made before the first step: it changes the object that they read.
    case inPlace([InPlaceStep])

    var cost: PlanCost {
        switch self {
        case .keep: PlanCost()
        case .put(let body), .append(_, let body): body.cost + PlanCost(requests: 1)
        case .copyWhole: PlanCost(requests: 1)
        case .multipart(let list): list.cost
        case .inPlace(let steps): steps.reduce(PlanCost()) { $0 + $1.cost }
        }
    }
}

package enum AttributesStep: Hashable, Sendable {
    /// Nothing to do: they are as stored, or went along with the content.
    case carried
    /// Beside the bytes (`ObjectStore.replaceAttributes`).
    case replace
    /// By copying the object onto itself with new attributes. The result cannot be appended to.
    case copyOntoItself
}

/// A multipart upload.
package struct PartList: Hashable, Sendable {
    /// In ascending order of their numbers, which may have gaps, and in the order of the file without any.
    package var parts: [PlannedPart]
    /// The upload that is under way goes on; otherwise a new one is created, with the attributes.
    package var resumes: Bool

    var cost: PlanCost {
        parts.reduce(PlanCost(requests: resumes ? 1 : 2)) { sum, part in
            switch part.source {
            case .sent: sum
            case .copied: sum + PlanCost(requests: 1)
            case .body(let body): sum + body.cost + PlanCost(requests: 1)
            }
        }
    }
}

package struct PlannedPart: Hashable, Sendable {
    package var number: Int
    /// Of the file.
    package var range: ByteRange
    package var source: PartSource

    package init(number: Int, range: ByteRange, source: PartSource) {
        self.number = number
        self.range = range
        self.source = source
    }
}

package enum PartSource: Hashable, Sendable {
    /// The upload has it already.
    case sent(SentPart)
    case copied(ObjectVersion, ByteRange)
    case body(Body)
}

package enum InPlaceStep: Hashable, Sendable {
    case modify(position: Int64, Body)
    case truncate(size: Int64)

    var cost: PlanCost {
        switch self {
        case .modify(_, let body): body.cost + PlanCost(requests: 1)
        case .truncate: PlanCost(requests: 1)
        }
    }
}

/// Why a file cannot be stored.
package enum PlanError: Error, Hashable, CustomStringConvertible {
    /// EFBIG.
    case tooLarge(size: Int64, limit: Int64)
    /// Bytes would have to be sent again that staging has let go of: complete or keep the upload that holds them.
    case onlyInPart(ByteRange)
    /// The store's limits leave no way to divide a file into parts.
    case unusableLimits

    package var description: String {
        switch self {
        case .tooLarge(let size, let limit): "the file has \(size) bytes, and the store takes objects of up to \(limit)"
        case .onlyInPart(let range): BytesOnlyInPart(range: range).description
        case .unusableLimits: "the store's largest part must be at least twice its smallest"
        }
    }
}
