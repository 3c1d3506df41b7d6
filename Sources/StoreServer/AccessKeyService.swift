import Crypto
import NIOHTTP1
import Synchronization

/// The access keys that an account of OOS makes for itself. They are gone when the server is.
///
/// Source: "AccessKey", OOS Developer's Guide.
final class AccessKeyService: Sendable {
    private struct Made: Sendable {
        let id: String
        let secret: String
        var isActive = true
        var isPrimary = false
    }

    private static let limit = 10
    private let keys: KeyRing
    private let made = Mutex<[Made]>([])

    init(keys: KeyRing) {
        self.keys = keys
    }

    /// The request's signature has been verified, but for the hash of the body.
    func respond(_ call: IdentityCall, _ claim: PayloadClaim) throws(ServiceError) -> Response {
        if case .hash(let hash) = claim, Array(SHA256.hash(data: call.body)) != hash { throw .contentHashMismatch }
        let form = call.form
        switch form["Action"] {
        case "CreateAccessKey": return try create()
        case "DeleteAccessKey":
            let id = try change(form) { (made, index) throws(ServiceError) in made.remove(at: index) }.id
            keys.remove(accessKey: id)
            return Self.answer("DeleteAccessKey") { _ in }
        case "UpdateAccessKey": return try update(form)
        case "ListAccessKey": return list()
        default: throw ServiceError(400, "InvalidAction", "The action or operation requested is invalid.")
        }
    }

    private func create() throws(ServiceError) -> Response {
        let new = Made(id: KeyRing.random(10), secret: KeyRing.random(20))
        let hasRoom = made.withLock { made in
            guard made.count + 1 < Self.limit else { return false }
            made.append(new)
            return true
        }
        guard hasRoom else { throw ServiceError(409, "LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: \(Self.limit)") }
        keys.add(accessKey: new.id, secretKey: new.secret, token: nil)
        return Self.answer("CreateAccessKey") { xml in
            xml.element("CreateAccessKeyResult") { xml in
                xml.element("AccessKey") { xml in
                    Self.write(new, to: &xml)
                    xml.element("SecretAccessKey", new.secret)
                }
            }
        }
    }

    private func update(_ form: [String: String]) throws(ServiceError) -> Response {
        let changed = try change(form) { (made, index) throws(ServiceError) in
            switch form["Status"]?.lowercased() {
            case nil: break
            case "active": made[index].isActive = true
            case "inactive": made[index].isActive = false
            default: throw .invalidArgument("Status is Active or Inactive")
            }
            if let text = form["IsPrimary"] { made[index].isPrimary = text == "true" }
            return made[index]
        }
        if changed.isActive {
            keys.add(accessKey: changed.id, secretKey: changed.secret, token: nil)
        } else {
            keys.remove(accessKey: changed.id)
        }
        return Self.answer("UpdateAccessKey") { _ in }
    }

    private func change(
        _ form: [String: String], _ body: (inout [Made], Int) throws(ServiceError) -> Made
    ) throws(ServiceError) -> Made {
        let outcome = made.withLock { made -> Result<Made, ServiceError> in
            guard let index = made.firstIndex(where: { $0.id == form["AccessKeyId"] }) else {
                return .failure(ServiceError(404, "NoSuchEntity", "The Access Key with id \(form["AccessKeyId"] ?? "") cannot be found."))
            }
            do throws(ServiceError) {
                return .success(try body(&made, index))
            } catch {
                return .failure(error)
            }
        }
        return try outcome.get()
    }

    private func list() -> Response {
        let lasting = Made(id: keys.lasting.accessKey, secret: "", isPrimary: true)
        let all = [lasting] + made.withLock { $0 }
        return Self.answer("ListAccessKeys") { xml in
            xml.element("ListAccessKeysResult") { xml in
                xml.element("UserName", "windlass")
                xml.element("AccessKeyMetadata") { xml in
                    for key in all { xml.element("member") { Self.write(key, to: &$0) } }
                }
                xml.element("IsTruncated", false)
            }
        }
    }

    private static func write(_ key: Made, to xml: inout XMLWriter) {
        xml.element("UserName", "windlass")
        xml.element("AccessKeyId", key.id)
        xml.element("Status", key.isActive ? "Active" : "Inactive")
        xml.element("IsPrimary", key.isPrimary)
    }

    private static func answer(_ action: String, _ content: (inout XMLWriter) -> Void) -> Response {
        .xml(
            XMLWriter.document("\(action)Response", namespace: nil) { xml in
                content(&xml)
                xml.element("ResponseMetadata") { $0.element("RequestId", "windlass-store") }
            })
    }
}
