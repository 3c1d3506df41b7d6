/// What a `SharedProfile` gives: an IBM API key, keys of `~/.aws/credentials`, the program of `credential_process`, keys of `~/.aws/config`.
package struct SharedProfileProvider: CredentialsProvider {
    private let profile: SharedProfile
    private let environment: Variables
    private let exchange: IBMTokenExchange?
    private let processLimit: Duration

    /// `environment` is handed to the program of `credential_process`, which may take `processLimit`. `exchange` turns an
    /// `ibm_api_key_id` into a token; without it, that setting is passed over.
    package init(
        _ profile: SharedProfile, environment: [String: String] = [:], exchange: IBMTokenExchange? = nil, processLimit: Duration = .seconds(60)
    ) {
        self.profile = profile
        self.environment = Variables(environment)
        self.exchange = exchange
        self.processLimit = processLimit
    }

    package var name: String { "profile \(profile.profile)" }
    package var watchedFiles: [String] { profile.files }

    package func authority() async throws(CredentialsError) -> Authority? {
        guard let layers = try await profile.load() else { return nil }
        let merged = layers.merged
        if let exchange, let key = merged["ibm_api_key_id"]?.nonEmpty {
            let apiKey = APIKey(
                key, serviceInstanceID: merged["ibm_service_instance_id"]?.nonEmpty, authEndpoint: merged["ibm_auth_endpoint"]?.nonEmpty)
            return try await StoredSecret.apiKey(apiKey).authority(name, exchange)
        }
        if let keys = try keys(layers.credentials) { return .keys(keys) }
        if let command = merged["credential_process"]?.nonEmpty {
            let process = CredentialProcess(command: command, environment: environment.values, limit: processLimit)
            return .keys(try await process.credentials())
        }
        if let keys = try keys(layers.config) { return .keys(keys) }
        try refuseRole(merged)
        return nil
    }

    private func keys(_ settings: [String: String]) throws(CredentialsError) -> Credentials? {
        guard let id = settings["aws_access_key_id"]?.nonEmpty else { return nil }
        guard let secret = settings["aws_secret_access_key"]?.nonEmpty else {
            throw CredentialsError("\(name) has aws_access_key_id but no aws_secret_access_key; set both or neither")
        }
        return try Credentials(from: name, id: id, secret: secret, token: settings["aws_session_token"] ?? settings["aws_security_token"])
    }

    /// Going on to another identity than the one the profile names would be a surprise.
    private func refuseRole(_ settings: [String: String]) throws(CredentialsError) {
        for setting in ["source_profile", "credential_source", "sso_session", "sso_start_url"] where settings[setting]?.nonEmpty != nil {
            throw CredentialsError(
                "\(name) uses \(setting), which cannot be followed here; let credential_process run: aws configure export-credentials --format process"
            )
        }
    }
}
