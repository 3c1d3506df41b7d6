/// One section of Windlass's own credentials file, which nobody but its owner may read.
///
/// Settings: `access_key_id`, `secret_access_key`, `session_token`; or for IBM COS `api_key`, `service_instance_id`, `auth_endpoint`.
/// Keys win over an API key.
package struct WindlassFileProvider: CredentialsProvider {
    private let path: String
    private let section: String
    private let isExplicit: Bool
    private let exchange: IBMTokenExchange?

    /// With `isExplicit` the file and its section must exist.
    package init(path: String, section: String = "default", isExplicit: Bool, exchange: IBMTokenExchange? = nil) {
        self.path = path
        self.section = section
        self.isExplicit = isExplicit
        self.exchange = exchange
    }

    package var name: String { "\(path) [\(section)]" }
    package var watchedFiles: [String] { [path] }

    package func authority() async throws(CredentialsError) -> Authority? {
        let text = try await SmallFile.load(path, .ownerOnly)
        guard let settings = text.flatMap({ ProfileFile($0).sections[section] }) else {
            if isExplicit { throw CredentialsError("\(path) \(text == nil ? "does not exist" : "has no section [\(section)]"); write it first") }
            return nil
        }
        return try await secret(settings).authority(name, exchange)
    }

    private func secret(_ settings: [String: String]) throws(CredentialsError) -> StoredSecret {
        func value(_ name: String) -> String? { settings[name]?.nonEmpty }
        if let id = value("access_key_id"), let secret = value("secret_access_key") {
            return .keys(try Credentials(from: name, id: id, secret: secret, token: value("session_token")))
        }
        if let key = value("api_key") {
            return .apiKey(APIKey(key, serviceInstanceID: value("service_instance_id"), authEndpoint: value("auth_endpoint")))
        }
        throw CredentialsError("\(name) needs access_key_id and secret_access_key, or api_key; add them")
    }
}
