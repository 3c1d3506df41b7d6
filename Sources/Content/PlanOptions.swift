/// What the user decides about uploads.
package struct PlanOptions: Hashable, Sendable {
    /// Of a part with a body, in bytes; larger where the store's number of parts asks for it.
    package var partSize: Int64 = 16 << 20
    /// The largest body of a single PUT, append or change in place, within the store's limits: beyond it a failure repeats too much.
    package var largestBody: Int64 = 32 << 20
    /// The largest copied part; nil for the store's largest. Smaller ones take more requests and run in parallel.
    package var largestCopy: Int64?
    /// Makes new files of objects that can grow, where the store has them.
    package var createsAppendable = false
    /// Allows changes in place, which are not atomic: a reader may see, and a failure may leave, some of them.
    package var allowsInPlace = true
    package var costs = CostModel()

    package init() {}
}

/// What a planner has to know besides the content.
package struct UploadSituation: Hashable, Sendable {
    /// The attributes to store are others than those stored with the base. Without a base they are stored in any case.
    package var attributesChanged: Bool
    /// Where the base can be appended to, as HEAD said; nil where it cannot.
    package var appendPosition: Int64?
    package var upload: RunningUpload?

    package init(attributesChanged: Bool = false, appendPosition: Int64? = nil, upload: RunningUpload? = nil) {
        self.attributesChanged = attributesChanged
        self.appendPosition = appendPosition
        self.upload = upload
    }
}

/// A multipart upload that is under way; the map notes its parts. None is on its way any more, for a plan may use its number again.
package struct RunningUpload: Hashable, Sendable {
    /// It was created with the attributes that are to be stored now.
    package var carriesAttributes: Bool

    package init(carriesAttributes: Bool) {
        self.carriesAttributes = carriesAttributes
    }
}
