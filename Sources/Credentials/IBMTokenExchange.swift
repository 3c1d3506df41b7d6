internal import FileSystemTypes
internal import Foundation
internal import Synchronization

/// Exchanges IBM Cloud API keys for access tokens; a refresh token that came with the last one is tried first.
///
/// Source: IBM Cloud IAM Identity Services API, `POST /identity/token`; attempts and time limits as in IBM's COS SDK.
package final class IBMTokenExchange: Sendable {
    private struct Token: Decodable {
        let accessToken: String
        let refreshToken: String?
        let lifetime: Int64?
        let expiration: Int64?

        enum CodingKeys: String, CodingKey {
            case accessToken = "access_token"
            case refreshToken = "refresh_token"
            case lifetime = "expires_in"
            case expiration
        }
    }

    private struct Problem: Decodable { let errorCode: String? }

    private struct Kept {
        var key: APIKey
        var refreshToken: String
    }

    private let base: String
    private let time: CredentialsTime
    private let call: ServiceCall
    private let kept = Mutex<Kept?>(nil)

    /// `base` serves API keys that name no IAM of their own.
    package init(http: any CredentialsHTTP, base: String = "https://iam.cloud.ibm.com", time: CredentialsTime = .system) {
        self.base = base
        self.time = time
        call = ServiceCall(http: http, time: time, timeout: .seconds(5), attempts: 3, pause: .seconds(1), doubles: false)
    }

    package func token(for key: APIKey) async throws(CredentialsError) -> BearerToken {
        let url = address(key)
        guard ServiceAddress.isPrivate(url) else { throw CredentialsError("IAM at \(url) would be asked without TLS; name an https address") }
        if let refreshToken = kept.withLock({ $0?.key == key ? $0?.refreshToken : nil }) {
            let form = [("grant_type", "refresh_token"), ("response_type", "cloud_iam"), ("refresh_token", refreshToken)]
            if let token = try? await ask(url, form, key) { return token }
            kept.withLock { $0 = nil }
        }
        let grant = "urn:ibm:params:oauth:grant-type:apikey"
        return try await ask(url, [("grant_type", grant), ("response_type", "cloud_iam"), ("apikey", key.secret)], key)
    }

    private func ask(_ url: String, _ form: [(name: String, value: String)], _ key: APIKey) async throws(CredentialsError) -> BearerToken {
        // The client "bx:bx" is the public one of IBM's own tools.
        let headers = [
            (name: "accept", value: "application/json"), (name: "authorization", value: "Basic Yng6Yng="), (name: "cache-control", value: "no-cache"),
            (name: "Content-Type", value: "application/x-www-form-urlencoded"),
        ]
        let answer = try await call.send("POST", url, headers: headers, body: FormBody.encode(form))
        guard answer.status == 200 else { throw Self.refusal(answer, url) }
        return try accept(answer, key)
    }

    private func accept(_ answer: CredentialsResponse, _ key: APIKey) throws(CredentialsError) -> BearerToken {
        let token = try JSONAnswer.decode(Token.self, answer.body, from: "IAM")
        let now = time.now().seconds
        // `expires_in` counts from now on our clock, which `expiration` does not.
        let lifetime = token.lifetime ?? token.expiration.map { $0.subtractingReportingOverflow(now).partialValue } ?? 3600
        guard token.accessToken.isHeaderText, (1...604_800).contains(lifetime) else {
            throw CredentialsError("IAM gave a token that is none; see what answers at its address")
        }
        if let refreshToken = token.refreshToken?.nonEmpty, refreshToken != "not_supported" {
            kept.withLock { $0 = Kept(key: key, refreshToken: refreshToken) }
        }
        return BearerToken(token.accessToken, expiration: Timestamp(seconds: now + lifetime), serviceInstanceID: key.serviceInstanceID)
    }

    private func address(_ key: APIKey) -> String {
        var root = key.authEndpoint ?? base
        while root.hasSuffix("/") { root.removeLast() }
        return root.hasSuffix("/identity/token") || root.hasSuffix("/oidc/token") ? root : "\(root)/identity/token"
    }

    private static func refusal(_ answer: CredentialsResponse, _ url: String) -> CredentialsError {
        let problem = try? JSONDecoder().decode(Problem.self, from: Data(answer.body))
        let code = JSONAnswer.code(problem?.errorCode)
        if (400..<500).contains(answer.status) {
            return CredentialsError("IAM at \(url) refused the API key\(code); create a new one and configure it")
        }
        return CredentialsError("IAM at \(url) answered \(answer.status)\(code); try again later")
    }
}
