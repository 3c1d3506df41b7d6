/// The rule of a bucket in IBM Cloud that archives. Objects come into an archive by this only; where its days are 0, as soon as they are written.
struct ArchiveRule: Hashable, Codable, Sendable {
    var id: String
    var isEnabled: Bool
    var days: Int64
    /// `GLACIER` or `ACCELERATED`.
    var storageClass: String

    /// From `<LifecycleConfiguration>`, where at most one rule, for the whole bucket, has a transition; nil where none has.
    init?(_ root: XMLElement, _ classes: Set<String>) throws(ServiceError) {
        let rules = root.children.filter { $0.name == "Rule" && $0.child("Transition") != nil }
        guard let transition = rules.first?.child("Transition") else { return nil }
        guard rules.count == 1 else { throw .invalidArgument("Only one rule of a bucket can have a transition") }
        guard rules[0].child("Filter")?.text("Prefix")?.isEmpty ?? true, let days = transition.text("Days").flatMap({ Int64($0.trimmed) }), days >= 0,
            let storageClass = transition.text("StorageClass").map({ String($0.trimmed) }), classes.contains(storageClass)
        else { throw .malformedXML }
        id = rules[0].text("ID") ?? "rule"
        isEnabled = rules[0].text("Status")?.trimmed == "Enabled"
        self.days = days
        self.storageClass = storageClass
    }

    /// What a new object is put into at once; nil where it is not.
    var immediateClass: String? { isEnabled && days == 0 ? storageClass : nil }
}

/// Documents as all others; in IBM Cloud one rule has an effect at once.
extension Service {
    func putLifecycle(_ request: Request, _ claim: PayloadClaim) async throws -> Response {
        try await putDocument(request, claim) { bucket, root in
            guard root.children.contains(where: { $0.name == "Rule" }) else { throw ServiceError.malformedXML }
            guard dialect.service == .cos else { return }
            let rule = try ArchiveRule(root, dialect.features.archiveClasses)
            try bucket.configure { rules, _ in rules.archive = rule }
        }
    }

    func deleteLifecycle(_ request: Request) throws -> Response {
        try bucket(request).configure { rules, _ in rules.archive = nil }
        return try deleteDocument(request)
    }
}
