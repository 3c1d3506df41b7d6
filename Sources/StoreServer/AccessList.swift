/// Who may do what with a bucket or an object.
struct AccessList: Hashable, Codable, Sendable {
    enum Permission: String, Codable, Sendable {
        case fullControl = "FULL_CONTROL"
        case read = "READ"
        case write = "WRITE"
        case readACL = "READ_ACP"
        case writeACL = "WRITE_ACP"
    }

    enum Grantee: Hashable, Codable, Sendable {
        case account(String)
        case email(String)
        case everyone
        case authenticated
        case logDelivery

        static let groups = "http://acs.amazonaws.com/groups/"

        /// Of a group.
        init?(uri: String) {
            switch uri {
            case Self.groups + "global/AllUsers": self = .everyone
            case Self.groups + "global/AuthenticatedUsers": self = .authenticated
            case Self.groups + "s3/LogDelivery": self = .logDelivery
            default: return nil
            }
        }

        var uri: String? {
            switch self {
            case .everyone: Self.groups + "global/AllUsers"
            case .authenticated: Self.groups + "global/AuthenticatedUsers"
            case .logDelivery: Self.groups + "s3/LogDelivery"
            case .account, .email: nil
            }
        }
    }

    struct Grant: Hashable, Codable, Sendable {
        var grantee: Grantee
        var permission: Permission
        /// OBS: the grant of a bucket counts for its objects too.
        var isDelivered: Bool?
    }

    var grants: [Grant]
    static let mostGrants = 100

    /// What there is where nothing was said.
    static let ownerOnly = AccessList(grants: [Grant(grantee: .account(Account.id), permission: .fullControl)])

    /// Whether everybody may, without a signature.
    func allowsEveryone(_ permission: Permission, deliveredOnly: Bool = false) -> Bool {
        grants.contains { grant in
            grant.grantee == .everyone && (grant.permission == permission || grant.permission == .fullControl)
                && (!deliveredOnly || grant.isDelivered == true)
        }
    }
}

/// The one account there is.
enum Account {
    static let id = "windlass"
}

extension AccessList {
    /// One of the lists that have a name; nil for a name that is none.
    init?(canned name: String) {
        self = .ownerOnly
        switch name {
        // Of one account, the bucket's owner is the object's.
        case "", "private", "bucket-owner-read", "bucket-owner-full-control", "aws-exec-read": break
        case "public-read": grant(.everyone, [.read])
        case "public-read-write": grant(.everyone, [.read, .write])
        case "authenticated-read": grant(.authenticated, [.read])
        case "log-delivery-write": grant(.logDelivery, [.write, .readACL])
        case "public-read-delivered": grant(.everyone, [.read], isDelivered: true)
        case "public-read-write-delivered": grant(.everyone, [.read, .write], isDelivered: true)
        default: return nil
        }
    }

    private mutating func grant(_ grantee: Grantee, _ permissions: [Permission], isDelivered: Bool? = nil) {
        grants += permissions.map { Grant(grantee: grantee, permission: $0, isDelivered: isDelivered) }
    }

    /// What the headers of a request say: a name, or grants; nil where they say nothing.
    init?(_ request: Request) throws(ServiceError) {
        var list = AccessList(grants: [])
        for (suffix, permission) in Self.headers {
            guard let text = request.own("grant-\(suffix)") else { continue }
            for grantee in try Self.grantees(text) { list.grant(grantee, [permission]) }
        }
        guard let name = request.own("acl") else {
            if list.grants.isEmpty { return nil }
            self = list
            return
        }
        guard list.grants.isEmpty else { throw .invalidRequest("Specifying both Canned ACLs and Header Grants is not allowed") }
        guard let canned = AccessList(canned: name) else { throw .invalidArgument("There is no canned ACL of the name \(name)") }
        self = canned
    }

    private static let headers: [(String, Permission)] = [
        ("full-control", .fullControl), ("read", .read), ("write", .write), ("read-acp", .readACL), ("write-acp", .writeACL),
    ]

    /// `id="...", uri="..."`, with or without quotes.
    private static func grantees(_ text: String) throws(ServiceError) -> [Grantee] {
        var result: [Grantee] = []
        for item in text.split(separator: ",") {
            let sides = item.trimmed.split(separator: "=", maxSplits: 1)
            guard sides.count == 2 else { throw .invalidArgument("Argument format not recognized") }
            let value = String(sides[1].filter { $0 != "\"" })
            switch sides[0].lowercased() {
            case "id": result.append(.account(value))
            case "emailaddress": result.append(.email(value))
            case "uri":
                guard let group = Grantee(uri: value) else { throw .invalidArgument("Invalid group uri") }
                result.append(group)
            default: throw .invalidArgument("Argument format not recognized")
            }
        }
        return result
    }
}

extension AccessList {
    /// Reads `<AccessControlPolicy>`.
    init(_ root: XMLElement) throws(ServiceError) {
        guard root.name == "AccessControlPolicy", let list = root.child("AccessControlList") else { throw .malformedACL }
        if let owner = root.child("Owner")?.text("ID"), owner.trimmed != Account.id { throw .accessDenied }
        grants = []
        for child in list.children {
            guard child.name == "Grant", let element = child.child("Grantee"),
                let permission = child.text("Permission").flatMap({ Permission(rawValue: String($0.trimmed)) })
            else { throw .malformedACL }
            let isDelivered = child.text("Delivered")?.trimmed.lowercased() == "true" ? true : nil
            grants.append(Grant(grantee: try Self.grantee(element), permission: permission, isDelivered: isDelivered))
        }
        guard grants.count <= Self.mostGrants else { throw .malformedACL }
    }

    private static func grantee(_ element: XMLElement) throws(ServiceError) -> Grantee {
        if let id = element.text("ID") { return .account(String(id.trimmed)) }
        if let uri = element.text("URI") {
            guard let group = Grantee(uri: String(uri.trimmed)) else { throw .invalidArgument("Invalid group uri") }
            return group
        }
        if element.text("Canned")?.trimmed == "Everyone" { return .everyone }
        guard let email = element.text("EmailAddress") else { throw .malformedACL }
        return .email(String(email.trimmed))
    }
}

extension ServiceError {
    static let malformedACL = ServiceError(
        400, "MalformedACLError", "The XML you provided was not well-formed or did not validate against our published schema")
}

extension XMLWriter {
    /// The content of `<AccessControlPolicy>`.
    mutating func element(_ list: AccessList, native: Bool) {
        if native {
            element("Owner") { $0.element("ID", Account.id) }
        } else {
            owner()
        }
        element("AccessControlList") { xml in
            for grant in list.grants {
                xml.element("Grant") { xml in
                    xml.element(grant.grantee, native: native)
                    xml.element("Permission", grant.permission.rawValue)
                    if native { xml.element("Delivered", grant.isDelivered == true) }
                }
            }
        }
    }

    private mutating func element(_ grantee: AccessList.Grantee, native: Bool) {
        let type =
            switch grantee {
            case .account: "CanonicalUser"
            case .email: "AmazonCustomerByEmail"
            case .everyone, .authenticated, .logDelivery: "Group"
            }
        let attributes = native ? "" : " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"\(type)\""
        element("Grantee", attributes: attributes) { xml in
            switch grantee {
            case .account(let id):
                xml.element("ID", id)
                if !native { xml.element("DisplayName", id) }
            case .email(let address): xml.element("EmailAddress", address)
            case .everyone where native: xml.element("Canned", "Everyone")
            case .everyone, .authenticated, .logDelivery: xml.optional("URI", grantee.uri)
            }
        }
    }
}
