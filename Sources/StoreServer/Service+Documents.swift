import Foundation
import NIOHTTP1

/// Documents that say how a bucket is set, which are given back as they came.
extension Service {
    func getDocument(_ request: Request) throws -> Response {
        let bucket = try bucket(request)
        let document = try storedDocument(request)
        if let items = document.items { return try getItems(request, bucket, document, items) }
        guard let text = bucket.settings[document.setting] else { return try absence(of: document) }
        guard document.root != nil else { return Response(200, headers: ["Content-Type": "application/json"], body: .bytes(Array(text.utf8))) }
        return .xml(Array(text.utf8))
    }

    /// `effect` is told the document before it is kept, and may refuse it.
    func putDocument(_ request: Request, _ claim: PayloadClaim, effect: (Bucket, XMLElement) throws -> Void = { _, _ in }) async throws -> Response {
        let bucket = try bucket(request)
        let document = try storedDocument(request)
        if let items = document.items, items.element == nil { return try putName(request, bucket, document, items) }
        let bytes = try await requestText(request, claim, protected: document.needsDigest)
        let text = String(decoding: bytes, as: UTF8.self)
        guard let root = document.root else {
            try checkPolicy(bytes)
            try bucket.settings.change { $0[document.setting] = text }
            return Response(document.status)
        }
        guard let element = XMLElement.parse(bytes), element.name == root else { throw ServiceError.malformedXML }
        try effect(bucket, element)
        if let items = document.items {
            try putItem(element, request, bucket, document, items)
        } else {
            try bucket.settings.change { $0[document.setting] = text }
        }
        return Response(document.status)
    }

    func deleteDocument(_ request: Request) throws -> Response {
        let bucket = try bucket(request)
        let document = try storedDocument(request)
        guard let items = document.items else {
            try bucket.settings.change { $0[document.setting] = nil }
            return Response(204)
        }
        let setting = document.setting(try itemName(request, document, items))
        guard bucket.settings[setting] != nil else { throw ServiceError(404, document.absenceCode, "There is nothing of that name") }
        try bucket.settings.change { $0[setting] = nil }
        return Response(204)
    }

    private func storedDocument(_ request: Request) throws(ServiceError) -> StoredDocument {
        guard let document = dialect.storedDocument(request.target) else { throw .methodNotAllowed }
        return document
    }

    private func absence(of document: StoredDocument) throws -> Response {
        guard document.absence == .empty, let root = document.root else {
            throw ServiceError(404, document.absenceCode, "The bucket has no such configuration")
        }
        return .xml(self.document(root) { _ in })
    }

    /// The bytes that a request carries, which are few.
    private func requestText(_ request: Request, _ claim: PayloadClaim, protected: Bool) async throws -> [UInt8] {
        let receiver = try BodyReceiver(request, claim, maximum: 1 << 20)
        if protected, !receiver.isProtected {
            throw ServiceError.invalidRequest("Missing required header for this request: Content-MD5 OR x-amz-checksum-*")
        }
        var sink = MemorySink()
        _ = try await receiver.receive(into: &sink)
        return sink.bytes
    }

    private func checkPolicy(_ bytes: [UInt8]) throws(ServiceError) {
        let code = dialect.service == .oos ? "InvalidPolicyDocument" : "MalformedPolicy"
        guard bytes.count <= 20 << 10 else { throw ServiceError(400, code, "Policies must be at most 20480 bytes") }
        let value = try? JSONSerialization.jsonObject(with: Data(bytes))
        guard let policy = value as? [String: Any], policy["Statement"] != nil else {
            throw ServiceError(400, code, "Policies must be valid JSON with a Statement")
        }
    }
}

/// Documents of which a bucket has several, each under a name.
extension Service {
    private func itemName(_ request: Request, _ document: StoredDocument, _ items: StoredDocument.Items) throws(ServiceError) -> String {
        let name = request.target[items.parameter ?? document.resource] ?? ""
        guard !name.isEmpty else { throw .invalidArgument("The request does not say which one is meant") }
        return name
    }

    private func getItems(_ request: Request, _ bucket: Bucket, _ document: StoredDocument, _ items: StoredDocument.Items) throws -> Response {
        if let parameter = items.parameter, let name = request.target[parameter] {
            guard let text = bucket.settings[document.setting(name)] else {
                throw ServiceError(404, document.absenceCode, "There is nothing of that name")
            }
            return .xml(Array(text.utf8))
        }
        let all = bucket.settings.all(below: document.setting(""))
        if all.isEmpty, case .error = document.absence, items.parameter == nil { throw ServiceError(404, document.absenceCode, "There is none") }
        return .xml(
            self.document(items.list) { xml in
                if items.parameter != nil { xml.element("IsTruncated", false) }
                for (name, text) in all { write(name, text, items, to: &xml) }
            })
    }

    private func write(_ name: String, _ text: String, _ items: StoredDocument.Items, to xml: inout XMLWriter) {
        if items.element != nil {
            if let element = XMLElement.parse(Array(text.utf8)) { xml.element(element) }
            return
        }
        xml.element("Domains") { xml in
            xml.element(items.nameElement, name)
            xml.element("CreateTime", text)
        }
    }

    private func putName(_ request: Request, _ bucket: Bucket, _ document: StoredDocument, _ items: StoredDocument.Items) throws -> Response {
        let name = try itemName(request, document, items)
        try bucket.settings.change { $0[document.setting(name)] = request.now.isoText }
        return Response(document.status)
    }

    private func putItem(
        _ root: XMLElement, _ request: Request, _ bucket: Bucket, _ document: StoredDocument, _ items: StoredDocument.Items
    ) throws {
        let found = root.name == items.element ? [root] : root.children.filter { $0.name == items.element }
        guard found.count == 1, let name = found[0].text(items.nameElement)?.trimmed, !name.isEmpty else { throw ServiceError.malformedXML }
        if let parameter = items.parameter, request.target[parameter] != String(name) {
            throw ServiceError.invalidArgument("The name in the document is not that of the request")
        }
        var xml = XMLWriter()
        xml.element(found[0])
        try bucket.settings.change { $0[document.setting(String(name))] = String(decoding: xml.bytes, as: UTF8.self) }
    }
}

extension StoredDocument {
    var setting: String { "document.\(resource)" }

    func setting(_ item: String) -> String { "document.\(resource).\(item)" }

    var absenceCode: String {
        if case .error(let code) = absence { code } else { "NoSuchConfiguration" }
    }
}

extension BucketSettings {
    /// Those whose names begin so, without the beginning, in the order of their names.
    func all(below prefix: String) -> [(name: String, value: String)] {
        all.filter { $0.key.hasPrefix(prefix) }.map { (String($0.key.dropFirst(prefix.count)), $0.value) }.sorted { $0.name < $1.name }
    }
}

extension XMLWriter {
    /// The element with everything in it.
    mutating func element(_ element: XMLElement) {
        if element.children.isEmpty { return self.element(element.name, element.text) }
        self.element(element.name) { xml in for child in element.children { xml.element(child) } }
    }
}
