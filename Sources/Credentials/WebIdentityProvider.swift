internal import FileSystemTypes
internal import Foundation

/// A role that is assumed with the identity token of a workload (EKS service accounts, OIDC): AssumeRoleWithWebIdentity.
///
/// From `AWS_WEB_IDENTITY_TOKEN_FILE`, `AWS_ROLE_ARN` and `AWS_ROLE_SESSION_NAME`, or the settings of the profile with the same meaning.
package struct WebIdentityProvider: CredentialsProvider {
    private struct Role {
        let tokenFile: String
        let arn: String
        let session: String
    }

    package let name = "web identity"
    private let environment: Variables
    private let profile: SharedProfile
    private let base: String
    private let time: CredentialsTime
    private let call: ServiceCall

    /// `base` is the token service; nil for that of the region, or `AWS_ENDPOINT_URL_STS`.
    package init(environment: [String: String], http: any CredentialsHTTP, base: String? = nil, time: CredentialsTime = .system) {
        self.environment = Variables(environment)
        profile = SharedProfile(environment: environment)
        let region = environment["AWS_REGION"]?.nonEmpty ?? environment["AWS_DEFAULT_REGION"]?.nonEmpty
        self.base = base ?? environment["AWS_ENDPOINT_URL_STS"]?.nonEmpty ?? ServiceAddress.tokenService(region: region)
        self.time = time
        call = ServiceCall(http: http, time: time, timeout: .seconds(5), attempts: 3, pause: .milliseconds(100), doubles: true)
    }

    package var watchedFiles: [String] { profile.files }

    package func authority() async throws(CredentialsError) -> Authority? {
        guard let role = try await role() else { return nil }
        guard ServiceAddress.isPrivate(base) else { throw CredentialsError("\(name): \(base) would be asked without TLS; name an https address") }
        guard let token = try await SmallFile.load(role.tokenFile) else {
            throw CredentialsError("\(name): there is no \(role.tokenFile); correct AWS_WEB_IDENTITY_TOKEN_FILE")
        }
        let form = FormBody.encode([
            ("Action", "AssumeRoleWithWebIdentity"), ("Version", "2011-06-15"), ("RoleArn", role.arn), ("RoleSessionName", role.session),
            ("WebIdentityToken", token.trimmingCharacters(in: .whitespacesAndNewlines)),
        ])
        let headers = [(name: "Content-Type", value: "application/x-www-form-urlencoded")]
        let answer = try await call.send("POST", base.hasSuffix("/") ? base : base + "/", headers: headers, body: form)
        guard answer.status == 200 else {
            let code = SecurityTokenAnswer.errorCode(answer.body)
            throw CredentialsError("\(name): \(base) answered \(answer.status)\(code); check the role \(role.arn) and renew \(role.tokenFile)")
        }
        return .keys(try SecurityTokenAnswer.parse(answer.body, from: name).onOurClock(answer, time))
    }

    private func role() async throws(CredentialsError) -> Role? {
        var settings: [String: String] = [:]
        if profile.isExplicit || environment["AWS_WEB_IDENTITY_TOKEN_FILE"]?.nonEmpty == nil {
            settings = try await profile.load()?.merged ?? [:]
        }
        let file = settings["web_identity_token_file"]?.nonEmpty ?? (profile.isExplicit ? nil : environment["AWS_WEB_IDENTITY_TOKEN_FILE"]?.nonEmpty)
        guard let file else { return nil }
        guard let arn = settings["role_arn"]?.nonEmpty ?? environment["AWS_ROLE_ARN"]?.nonEmpty else {
            throw CredentialsError("\(name): \(file) is configured but no role; set AWS_ROLE_ARN")
        }
        let session = settings["role_session_name"]?.nonEmpty ?? environment["AWS_ROLE_SESSION_NAME"]?.nonEmpty
        return Role(tokenFile: file, arn: arn, session: session ?? "windlass-\(time.now().seconds)")
    }
}
