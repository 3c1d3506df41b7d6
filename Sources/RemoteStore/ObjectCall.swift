package import FileSystemTypes
internal import HTTPTransport
package import ObjectStorage
internal import Signing

/// One request on an object, or on several of a bucket, before it is addressed and signed: for what `ObjectStore` has no verb for.
package struct ObjectCall: Sendable {
    /// What it does to objects: encryption, class and access of the options go along accordingly.
    package enum Role: Sendable {
        /// Neither reads nor makes bytes.
        case asks
        case reads
        case creates
        /// Begins an upload of parts.
        case begins
        case copies
        case copiesPart
    }

    package struct Field: Hashable, Sendable {
        package var name: String
        package var value: String?

        package init(_ name: String, _ value: String? = nil) {
            self.name = name
            self.value = value
        }
    }

    package var method: String
    /// Nil: the bucket.
    package var key: Key?
    package var role: Role
    /// Not yet percent-encoded.
    package var query: [Field] = []
    package var headers: [Field] = []
    package var body: (any ByteSource)?
    package var needsMD5 = false
    /// False for what must not be done twice.
    package var mayRepeat = true
    /// The store works on it in silence.
    package var isSlow = false

    package init(_ method: String, _ key: Key?, _ role: Role = .asks) {
        self.method = method
        self.key = key
        self.role = role
    }

    package mutating func ask(_ name: String, _ value: String? = nil) {
        query.append(Field(name, value))
    }

    /// Nothing where there is no value.
    package mutating func say(_ name: String, _ value: String?) {
        if let value { headers.append(Field(name, value)) }
    }
}

extension ObjectCall.Role {
    var roles: RequestRoles {
        switch self {
        case .asks: []
        case .reads: .content
        case .creates: [.creates, .content]
        case .begins: .creates
        case .copies: [.creates, .content, .copies]
        case .copiesPart: [.content, .copies]
        }
    }
}

/// What a store answered to an `ObjectCall`.
package struct ObjectAnswer: Sendable {
    package let status: Int
    /// Names in lower case, in the order in which they came.
    package let headers: [(name: String, value: String)]
    /// Empty where the body is read by itself.
    package let document: Bytes

    init(_ response: StoreResponse, document: Bytes = Bytes()) {
        status = response.status
        headers = response.headers.fields
        self.document = document
    }

    /// The first of that name, in lower case.
    package subscript(name: String) -> String? {
        headers.first { $0.name == name }?.value
    }

    package var text: String { String(decoding: document.contiguous, as: UTF8.self) }

    /// The document, whose root must be `name`; an error that came with status 200 is thrown.
    package func element(_ name: String) throws(StoreError) -> XMLElement {
        try XMLElement.parse(document, root: name)
    }
}
