internal import FileSystemTypes

/// The `credential` document of Huawei's metadata service and IAM.
package struct HuaweiKeys: Decodable {
    private struct Keys: Decodable {
        let access: String
        let secret: String
        let securitytoken: String?
        let expiration: String

        enum CodingKeys: String, CodingKey {
            case access, secret, securitytoken
            case expiration = "expires_at"
        }
    }

    private let credential: Keys

    package static func parse(_ body: [UInt8], from source: String) throws(CredentialsError) -> Credentials {
        let keys = try JSONAnswer.decode(HuaweiKeys.self, body, from: source).credential
        let end = try Timestamp(expiration: keys.expiration, from: source)
        return try Credentials(from: source, id: keys.access, secret: keys.secret, token: keys.securitytoken, expiration: end)
    }
}
