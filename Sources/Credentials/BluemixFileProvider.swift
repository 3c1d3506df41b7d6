internal import Foundation

/// The service credential of IBM Cloud as a file: `~/.bluemix/cos_credentials`, or where `COS_CREDENTIALS_FILE` says.
///
/// HMAC keys win over the API key, as in IBM's SDK.
package struct BluemixFileProvider: CredentialsProvider {
    private struct Document: Decodable {
        struct Keys: Decodable {
            let id: String
            let secret: String

            enum CodingKeys: String, CodingKey {
                case id = "access_key_id"
                case secret = "secret_access_key"
            }
        }

        let apikey: String?
        let keys: Keys?
        let instance: String?
        let endpoint: String?

        enum CodingKeys: String, CodingKey {
            case apikey
            case keys = "cos_hmac_keys"
            case instance = "resource_instance_id"
            case endpoint = "iam_auth_endpoint"
        }
    }

    private let path: String
    private let isExplicit: Bool
    private let exchange: IBMTokenExchange?

    package init(environment: [String: String], exchange: IBMTokenExchange?) {
        isExplicit = environment["COS_CREDENTIALS_FILE"]?.nonEmpty != nil
        path = environment["COS_CREDENTIALS_FILE"]?.nonEmpty ?? "\(environment["HOME"] ?? "")/.bluemix/cos_credentials"
        self.exchange = exchange
    }

    package var name: String { path }
    package var watchedFiles: [String] { [path] }

    package func authority() async throws(CredentialsError) -> Authority? {
        guard let text = try await SmallFile.load(path) else {
            if isExplicit { throw CredentialsError("\(path) does not exist; correct COS_CREDENTIALS_FILE") }
            return nil
        }
        return try await Self.parse(Array(text.utf8), path).authority(name, exchange)
    }

    /// The document of a service credential, downloaded from IBM Cloud.
    static func parse(_ bytes: [UInt8], _ path: String) throws(CredentialsError) -> StoredSecret {
        let document = try JSONAnswer.decode(Document.self, bytes, from: path)
        if let keys = document.keys { return .keys(try Credentials(from: path, id: keys.id, secret: keys.secret)) }
        guard let key = document.apikey?.nonEmpty else {
            throw CredentialsError("\(path) has neither cos_hmac_keys nor apikey; download the service credential again")
        }
        return .apiKey(APIKey(key, serviceInstanceID: document.instance?.nonEmpty, authEndpoint: document.endpoint?.nonEmpty))
    }
}
