import NIOHTTP1
import ObjectStorage

/// The service itself: operations on the data folder, without connections and without faults.
struct Service: Sendable {
    let folder: DataFolder
    let dialect: Dialect
    let region: String

    /// The same service, answering in another dialect.
    func speaking(_ dialect: Dialect) -> Service {
        Service(folder: folder, dialect: dialect, region: region)
    }

    func respond(to request: Request, _ claim: PayloadClaim) async throws -> Response {
        try checkOffered(request.operation)
        try checkPayer(request)
        try checkQuota(request)
        if let response = try await respondInDialect(request, claim) { return response }
        return switch request.operation {
        case .listBuckets: try listBuckets(request)
        case .createBucket: try await createBucket(request, claim)
        case .headBucket: try headBucket(request)
        case .deleteBucket: try deleteBucket(request)
        case .getBucketLocation: try getBucketLocation(request)
        case .listObjects: try listObjects(request)
        // A service that does not know the second version takes its parameter for nothing.
        case .listObjectsV2: try dialect.features.listsVersion2 ? listObjectsV2(request) : listObjects(request)
        case .listMultipartUploads: try listUploads(request)
        case .deleteObjects: try await deleteObjects(request, claim)
        case .putObject: try await putObject(request, claim)
        case .getObject, .headObject: try getObject(request)
        case .deleteObject: try deleteObject(request)
        case .copyObject: try copyObject(request)
        case .createMultipartUpload: try createUpload(request)
        case .uploadPart: try await uploadPart(request, claim)
        case .uploadPartCopy: try copyPart(request)
        case .completeMultipartUpload: try await completeUpload(request, claim)
        case .abortMultipartUpload: try abortUpload(request)
        case .listParts: try listParts(request)
        default: try await respondToSubresource(request, claim)
        }
    }

    func document(_ root: String, _ content: (inout XMLWriter) -> Void) -> [UInt8] {
        XMLWriter.document(root, namespace: dialect.xmlNamespace, content)
    }

    func bucket(_ request: Request) throws(ServiceError) -> Bucket {
        try folder.bucket(request.bucketName())
    }

    /// The XML that a request carries; nil when its body is empty.
    func requestDocument(_ request: Request, _ claim: PayloadClaim, protected: Bool = false) async throws -> XMLElement? {
        let receiver = try BodyReceiver(request, claim, maximum: Self.largestDocument)
        if protected, !receiver.isProtected {
            throw ServiceError.invalidRequest("Missing required header for this request: Content-MD5 OR x-amz-checksum-*")
        }
        var sink = MemorySink()
        _ = try await receiver.receive(into: &sink)
        if sink.bytes.isEmpty { return nil }
        guard let root = XMLElement.parse(sink.bytes) else { throw ServiceError.malformedXML }
        return root
    }

    /// In bytes: ten thousand parts with checksums, or a thousand of the longest keys with every byte escaped.
    private static let largestDocument: Int64 = 8 << 20
}

extension HTTPHeaders {
    mutating func add(_ checksum: Checksum?, _ dialect: Dialect) {
        guard let checksum else { return }
        add(name: dialect.header(checksum.algorithm.headerName), value: checksum.text)
        add(name: dialect.header("checksum-type"), value: checksum.typeText)
    }
}

extension XMLWriter {
    mutating func element(_ checksum: Checksum?) {
        guard let checksum else { return }
        element(checksum.algorithm.elementName, checksum.text)
        element("ChecksumType", checksum.typeText)
    }

    /// The one account there is.
    mutating func owner(_ name: String = "Owner") {
        element(name) { xml in
            xml.element("ID", "windlass")
            xml.element("DisplayName", "windlass")
        }
    }
}
