internal import Foundation

/// Workload identity of Huawei Cloud: a JWT in a file is exchanged at IAM for a token, and that for temporary keys.
///
/// Source: Huawei IAM API, "Obtaining a token with an OpenID Connect ID token" and "Obtaining a temporary access key".
package struct HuaweiIdentityProvider: CredentialsProvider {
    package let name = "OIDC identity"
    package let window = RefreshWindow.huaweiIdentity
    private let providerID: String?
    private let tokenFile: String
    private let base: String
    private let lifetime: Int
    private let call: ServiceCall

    private struct IdentityRequest: Encodable {
        /// `{"auth":{"id_token":{"id":"..."}}}`
        let auth: [String: [String: String]]
    }

    private struct Problem: Decodable {
        struct Detail: Decodable { let code: String? }
        let code: String?
        let error: Detail?

        enum CodingKeys: String, CodingKey {
            case code = "error_code"
            case error
        }
    }

    /// `lifetime` of the keys in seconds, 900 to 86400.
    package init(
        environment: [String: String], http: any CredentialsHTTP, base: String = "https://iam.myhuaweicloud.com", lifetime: Int = 3600,
        time: CredentialsTime = .system
    ) {
        providerID = environment["HUAWEI_CLOUD_IDP_ID"]?.nonEmpty
        tokenFile = environment["OIDC_TOKEN_FILE"]?.nonEmpty ?? "/var/run/secrets/tokens/oidc-token"
        self.base = base
        self.lifetime = min(86_400, max(900, lifetime))
        call = ServiceCall(http: http, time: time, timeout: .seconds(5), attempts: 3, pause: .milliseconds(100), doubles: true)
    }

    package func authority() async throws(CredentialsError) -> Authority? {
        guard let providerID else { return nil }
        guard providerID.isHeaderText else { throw CredentialsError("HUAWEI_CLOUD_IDP_ID is not the name of an identity provider; correct it") }
        guard let identity = try await SmallFile.load(tokenFile) else {
            throw CredentialsError(
                "HUAWEI_CLOUD_IDP_ID is set, but there is no \(tokenFile); set OIDC_TOKEN_FILE to the file with the identity token")
        }
        let token = try await subjectToken(identity.trimmingCharacters(in: .whitespacesAndNewlines), providerID)
        let body = Array(#"{"auth":{"identity":{"methods":["token"],"token":{"duration_seconds":\#(lifetime)}}}}"#.utf8)
        let answer = try await post("/v3.0/OS-CREDENTIAL/securitytokens", ("X-Auth-Token", token), body)
        return .keys(try HuaweiKeys.parse(answer.body, from: name).onOurClock(answer, call.time))
    }

    private func subjectToken(_ identity: String, _ providerID: String) async throws(CredentialsError) -> String {
        guard let body = try? JSONEncoder().encode(IdentityRequest(auth: ["id_token": ["id": identity]])) else {
            throw CredentialsError("\(tokenFile) holds no identity token; renew it")
        }
        let answer = try await post("/v3.0/OS-AUTH/id-token/tokens", ("X-Idp-Id", providerID), Array(body))
        guard let token = answer.headers["x-subject-token"], token.isHeaderText else {
            throw CredentialsError("IAM at \(base) gave no token for the identity; see what answers there")
        }
        return token
    }

    private func post(_ path: String, _ header: (name: String, value: String), _ body: [UInt8]) async throws(CredentialsError) -> CredentialsResponse
    {
        guard ServiceAddress.isPrivate(base) else { throw CredentialsError("IAM at \(base) would be asked without TLS; name an https address") }
        let headers = [(name: "Content-Type", value: "application/json;charset=utf8"), header]
        let response = try await call.send("POST", base + path, headers: headers, body: body)
        guard (200..<300).contains(response.status) else { throw refusal(response) }
        return response
    }

    private func refusal(_ response: CredentialsResponse) -> CredentialsError {
        let problem = try? JSONDecoder().decode(Problem.self, from: Data(response.body))
        let code = JSONAnswer.code(problem?.code ?? problem?.error?.code)
        if response.status == 401 { return CredentialsError("IAM at \(base) refused the identity token\(code); renew \(tokenFile)") }
        return CredentialsError("IAM at \(base) answered \(response.status)\(code); check HUAWEI_CLOUD_IDP_ID and the agency's rules")
    }
}
