internal import FileSystemTypes

/// The document in which EC2's metadata service and the container services of AWS hand out keys.
package struct ServiceKeys: Decodable {
    let code: String?
    private let id: String?
    private let secret: String?
    private let token: String?
    private let expiration: String?

    enum CodingKeys: String, CodingKey {
        case code = "Code"
        case id = "AccessKeyId"
        case secret = "SecretAccessKey"
        case token = "Token"
        case expiration = "Expiration"
    }

    package static func parse(_ body: [UInt8], from source: String) throws(CredentialsError) -> Credentials {
        let keys = try JSONAnswer.decode(ServiceKeys.self, body, from: source)
        if let code = keys.code, code != "Success" {
            throw CredentialsError("\(source) gives no keys\(JSONAnswer.code(code)); check the role that is attached")
        }
        guard let id = keys.id, let secret = keys.secret else {
            throw CredentialsError("\(source) gave JSON without keys; check the role that is attached")
        }
        let end = try keys.expiration?.nonEmpty.map { text throws(CredentialsError) in try Timestamp(expiration: text, from: source) }
        return try Credentials(from: source, id: id, secret: secret, token: keys.token, expiration: end)
    }
}
