import NIOHTTP1
import ObjectStorage

/// What is known of an object that can be appended to: how often that was done. Kept among the properties of its manifest.
struct AppendState: Hashable, Sendable {
    private static let property = "appends"
    let count: Int

    /// Nil for an object that was made in another way.
    init?(_ manifest: Manifest) {
        guard let count = manifest.properties[Self.property].flatMap({ Int($0) }) else { return nil }
        self.count = count
    }

    static func set(_ count: Int?, in manifest: inout Manifest) {
        manifest.properties[property] = count.map { String($0) }
    }
}

extension Manifest {
    /// Whether the ETag says nothing of the bytes, because they came in pieces or are encrypted.
    var hasOpaqueTag: Bool { AppendState(self) != nil || properties["modified"] != nil || facts.encryption?.hidesTag == true }

    /// Makes it an object like any that was put at once, as a copy is.
    mutating func forgetHistory() {
        AppendState.set(nil, in: &self)
        properties["modified"] = nil
    }
}

/// Whether bytes may be appended at a position; the rules of each form.
struct AppendRule {
    let form: Dialect.AppendForm
    let position: Int64
    let limits: StoreLimits

    func check(_ current: Manifest?) throws(ServiceError) {
        switch form {
        case .post, .rgw: try checkPosition(current)
        case .offset: try checkOffset(current)
        }
    }

    private func checkPosition(_ current: Manifest?) throws(ServiceError) {
        guard let current else {
            guard position == 0 else { throw .positionMismatch }
            return
        }
        guard let state = AppendState(current) else { throw .notAppendable }
        guard !["COLD", "DEEP_ARCHIVE"].contains(current.attributes.storageClass) else { throw .notAppendable }
        guard position == current.size else { throw .positionMismatch }
        guard state.count < limits.parts else { throw .notAppendable }
    }

    /// Directory buckets append to every object.
    private func checkOffset(_ current: Manifest?) throws(ServiceError) {
        guard position == current?.size ?? 0 else {
            throw ServiceError(400, "InvalidWriteOffset", "The write offset value that you specified does not match the current object size.")
        }
        guard let current else { return }
        let parts = max(1, current.partSizes.count) + (AppendState(current)?.count ?? 0)
        guard parts <= limits.parts else {
            throw ServiceError(400, "TooManyParts", "You have attempted to add more parts than the maximum of \(limits.parts) that are allowed.")
        }
    }

    /// Whether so many more bytes fit.
    func checkSize(adding count: Int64) throws(ServiceError) {
        guard position + count <= limits.object else {
            throw form == .post ? ServiceError(400, "AppendTooLarge", "The object would become larger than \(limits.object) bytes") : .entityTooLarge
        }
    }
}

extension ServiceError {
    fileprivate static let positionMismatch = ServiceError(
        409, "PositionNotEqualToLength", "The value of position does not equal the length of the current object.")
    fileprivate static let notAppendable = ServiceError(409, "ObjectNotAppendable", "The object is not appendable.")
}

extension HTTPHeaders {
    /// The kind of an object and where it may go on, as HEAD and GET tell it.
    mutating func add(kindOf manifest: Manifest, _ dialect: Dialect) {
        guard let form = dialect.append, form != .offset else { return }
        let prefix = form == .rgw ? "x-rgw-" : "x-obs-"
        if AppendState(manifest) != nil {
            add(name: prefix + "object-type", value: "Appendable")
            add(name: prefix + "next-append-position", value: String(manifest.size))
        } else if form == .rgw {
            add(name: prefix + "object-type", value: "Normal")
        }
    }
}
