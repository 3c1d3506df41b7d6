internal import FileSystemTypes
internal import ObjectStorage
internal import PosixMetadata

/// What an object is besides its bytes, as HEAD tells it: the attributes `windlass.*`.
enum ObjectFact: Hashable {
    case etag
    case contentType
    case header(KeptHeader)
    case storageClass
    case versionID
    case appendPosition

    static let all: [ObjectFact] =
        [.etag, .contentType] + KeptHeader.allCases.map { .header($0) } + [.storageClass, .versionID, .appendPosition]

    /// Nil for a name that is none of them.
    init?(_ name: ExtendedAttributeName) {
        guard let fact = Self.all.first(where: { $0.name == name }) else { return nil }
        self = fact
    }

    var name: ExtendedAttributeName {
        let text =
            switch self {
            case .etag: "etag"
            case .contentType: "content-type"
            case .header(let header): header.rawValue
            case .storageClass: "storage-class"
            case .versionID: "version-id"
            case .appendPosition: "append-position"
            }
        return ExtendedAttributeName(known: "windlass.\(text)")
    }
}

extension Node {
    /// The value; nil where the object has none.
    func value(of fact: ObjectFact) -> [UInt8]? {
        let text: String? =
            switch fact {
            case .etag: remote?.etag?.text
            case .contentType: contentType
            case .header(let header): headers[header]
            case .storageClass: storageClass
            case .versionID: version?.text
            case .appendPosition: appendPosition.map { String($0) }
            }
        return text.map { Array($0.utf8) }
    }

    /// EPERM for what only the store decides, EINVAL for a value that no header can have.
    mutating func setFact(_ name: ExtendedAttributeName, _ value: [UInt8], mode: ExtendedAttributeMode) throws(Errno) {
        guard let fact = ObjectFact(name) else { throw .notPermitted }
        let isThere = self.value(of: fact) != nil
        guard mode != .create || !isThere else { throw .exists }
        guard mode != .replace || isThere else { throw .noData }
        guard !value.isEmpty, value.count <= 1024, value.allSatisfy({ (32..<127).contains($0) }) else { throw .invalidArgument }
        let text = String(decoding: value, as: UTF8.self)
        switch fact {
        case .contentType: contentType = text
        case .header(let header): headers[header] = text
        case .etag, .storageClass, .versionID, .appendPosition: throw .notPermitted
        }
    }

    /// Takes away what was set by hand; of what was not nothing has to go, which is no error: programs that make the attributes of two files
    /// equal remove all that the other does not have. ENODATA for what the object does not have.
    mutating func removeFact(_ name: ExtendedAttributeName) throws(Errno) {
        guard let fact = ObjectFact(name), value(of: fact) != nil else { throw .noData }
        switch fact {
        case .header(let header): headers[header] = nil
        case .contentType: contentType = self.name.map { ContentType.guess(kind, name: $0) }
        case .etag, .storageClass, .versionID, .appendPosition: break
        }
    }
}
