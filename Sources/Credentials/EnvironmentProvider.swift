internal import FileSystemTypes

/// Keys, or an IBM API key, in the variables of an environment, under the names of each dialect.
package struct EnvironmentProvider: CredentialsProvider {
    /// Which variables hold what.
    private struct Names {
        let id: String
        let secret: String
        let tokens: [String]
        let expiration: String?

        static let aws = Names(
            id: "AWS_ACCESS_KEY_ID", secret: "AWS_SECRET_ACCESS_KEY", tokens: ["AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN"],
            expiration: "AWS_CREDENTIAL_EXPIRATION")
        static let obs = Names(id: "OBS_ACCESS_KEY_ID", secret: "OBS_SECRET_ACCESS_KEY", tokens: ["OBS_SECURITY_TOKEN"], expiration: nil)
    }

    package let name = "environment"
    private let environment: Variables
    private let dialect: CredentialsDialect
    private let exchange: IBMTokenExchange?

    /// `exchange` turns an IBM API key into a token; without it, API keys are not looked for.
    package init(_ environment: [String: String], dialect: CredentialsDialect = .s3, exchange: IBMTokenExchange? = nil) {
        self.environment = Variables(environment)
        self.dialect = dialect
        self.exchange = exchange
    }

    package func authority() async throws(CredentialsError) -> Authority? {
        if dialect == .cos, let key = apiKey {
            return try await StoredSecret.apiKey(key).authority(name, exchange)
        }
        let found = try dialect == .obs ? keys(.obs) : keys(.aws)
        return found.map { .keys($0) }
    }

    private var apiKey: APIKey? {
        value("IBM_API_KEY_ID").map {
            APIKey($0, serviceInstanceID: value("IBM_SERVICE_INSTANCE_ID"), authEndpoint: value("IBM_AUTH_ENDPOINT"))
        }
    }

    private func keys(_ names: Names) throws(CredentialsError) -> Credentials? {
        switch (value(names.id), value(names.secret)) {
        case (nil, nil): return nil
        case (nil, _): throw CredentialsError("\(names.secret) is set but \(names.id) is not; set both or neither")
        case (_, nil): throw CredentialsError("\(names.id) is set but \(names.secret) is not; set both or neither")
        case (let id?, let secret?):
            let token = names.tokens.lazy.compactMap { value($0) }.first
            let end = try names.expiration.flatMap { value($0) }.map { text throws(CredentialsError) in try Timestamp(expiration: text, from: name) }
            return try Credentials(from: name, id: id, secret: secret, token: token, expiration: end)
        }
    }

    private func value(_ name: String) -> String? {
        environment[name]
    }
}
