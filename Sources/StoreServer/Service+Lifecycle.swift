import NIOHTTP1
import ObjectStorage

/// IBM's archive rule of a bucket. Objects come into an archive by this only; where its days are 0, as soon as they are written.
struct ArchiveRule: Hashable, Codable, Sendable {
    var id: String
    var isEnabled: Bool
    var days: Int64
    /// `GLACIER` or `ACCELERATED`.
    var storageClass: String

    /// Reads `<LifecycleConfiguration>`: one rule, for the whole bucket, with a transition.
    init(_ root: XMLElement, _ classes: Set<String>) throws(ServiceError) {
        guard root.name == "LifecycleConfiguration" else { throw .malformedXML }
        let rules = root.children.filter { $0.name == "Rule" }
        guard rules.count == 1, let transition = rules[0].child("Transition") else {
            throw .notImplemented("lifecycle rules other than one archive rule")
        }
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

extension Service {
    func getLifecycle(_ request: Request) throws -> Response {
        guard let rule = try bucket(request).rules.archive else {
            throw ServiceError(404, "NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist")
        }
        return .xml(
            document("LifecycleConfiguration") { xml in
                xml.element("Rule") { xml in
                    xml.element("ID", rule.id)
                    xml.element("Filter") { $0.element("Prefix", "") }
                    xml.element("Status", rule.isEnabled ? "Enabled" : "Disabled")
                    xml.element("Transition") { xml in
                        xml.element("Days", rule.days)
                        xml.element("StorageClass", rule.storageClass)
                    }
                }
            })
    }

    func putLifecycle(_ request: Request, _ claim: PayloadClaim) async throws -> Response {
        let bucket = try bucket(request)
        guard let root = try await requestDocument(request, claim, protected: true) else { throw ServiceError.malformedXML }
        let rule = try ArchiveRule(root, dialect.features.archiveClasses)
        try bucket.configure { rules, _ in rules.archive = rule }
        return Response(200)
    }

    func deleteLifecycle(_ request: Request) throws -> Response {
        try bucket(request).configure { rules, _ in rules.archive = nil }
        return Response(204)
    }
}
