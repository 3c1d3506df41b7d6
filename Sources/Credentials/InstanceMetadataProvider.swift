/// The role of an EC2 instance, through its metadata service: version 2 (with a session token), or 1 where 2 is not offered.
///
/// Source: "Use IMDS", Amazon EC2 User Guide; time limits and fallbacks as in botocore.
package struct InstanceMetadataProvider: CredentialsProvider {
    package let name = "EC2 instance metadata"
    private let base: String
    private let isDisabled: Bool
    private let allowsVersion1: Bool
    private let call: ServiceCall

    private static let roles = "/latest/meta-data/iam/security-credentials/"

    /// `AWS_EC2_METADATA_DISABLED`, `AWS_EC2_METADATA_V1_DISABLED`, `AWS_EC2_METADATA_SERVICE_ENDPOINT` and `..._ENDPOINT_MODE`,
    /// `AWS_METADATA_SERVICE_TIMEOUT` and `AWS_METADATA_SERVICE_NUM_ATTEMPTS` of `environment` count.
    package init(environment: [String: String], http: any CredentialsHTTP, time: CredentialsTime = .system) {
        let usual =
            environment["AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"]?.lowercased() == "ipv6" ? "http://[fd00:ec2::254]" : "http://169.254.169.254"
        let chosen = environment["AWS_EC2_METADATA_SERVICE_ENDPOINT"]?.nonEmpty ?? usual
        base = chosen.hasSuffix("/") ? String(chosen.dropLast()) : chosen
        isDisabled = environment["AWS_EC2_METADATA_DISABLED"]?.lowercased() == "true"
        allowsVersion1 = environment["AWS_EC2_METADATA_V1_DISABLED"]?.lowercased() != "true"
        let timeout = environment["AWS_METADATA_SERVICE_TIMEOUT"].flatMap { Int($0) } ?? 1
        let attempts = environment["AWS_METADATA_SERVICE_NUM_ATTEMPTS"].flatMap { Int($0) } ?? 1
        call = ServiceCall(
            http: http, time: time, timeout: .seconds(min(60, max(1, timeout))), attempts: min(10, attempts), pause: .seconds(1), doubles: false)
    }

    package func authority() async throws(CredentialsError) -> Authority? {
        guard !isDisabled else { return nil }
        // A session token may end between two requests: then one more round with a new one.
        for _ in 0..<2 {
            guard let headers = try await sessionHeaders() else { return nil }
            guard let roles = try? await call.send("GET", base + Self.roles, headers: headers) else { return nil }
            if roles.status == 401 { continue }
            guard let role = try role(roles) else { return nil }
            let keys = try await call.send("GET", base + Self.roles + FormBody.percentEncoded(role), headers: headers)
            if keys.status == 401 { continue }
            guard keys.status == 200 else { throw refusal(keys.status, "the keys of role \(role)") }
            return .keys(try ServiceKeys.parse(keys.body, from: name).onOurClock(keys, call.time))
        }
        throw refusal(401, "keys")
    }

    private func role(_ answer: CredentialsResponse) throws(CredentialsError) -> String? {
        if answer.status == 404 { return nil }
        guard answer.status == 200 else { throw refusal(answer.status, "the role") }
        guard let role = answer.text.split(whereSeparator: \.isNewline).first.map(String.init) else { return nil }
        guard role.utf8.count <= 64, role.utf8.allSatisfy(Self.isRoleCharacter) else {
            throw CredentialsError("\(name) at \(base) names a role that is none; see what answers there")
        }
        return role
    }

    /// Source: "Names for users, user groups, roles", IAM and AWS STS quotas. Errors name roles, and nothing else that a service might say here.
    private static func isRoleCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: Array("+=,.@-_".utf8).contains(byte)
        }
    }

    /// The header with the session token; none for version 1; nil where nothing may be asked.
    private func sessionHeaders() async throws(CredentialsError) -> [(name: String, value: String)]? {
        let ttl = (name: "X-aws-ec2-metadata-token-ttl-seconds", value: "21600")
        let answer = try? await call.send("PUT", "\(base)/latest/api/token", headers: [ttl])
        switch answer?.status {
        case nil, 403, 404, 405: return allowsVersion1 ? [] : nil
        case 200:
            guard let token = answer?.text, token.isHeaderText else {
                throw CredentialsError("\(name) at \(base) gave a token that is none; see what answers there")
            }
            return [(name: "X-aws-ec2-metadata-token", value: token)]
        case .some(let status): throw refusal(status, "a token")
        }
    }

    private func refusal(_ status: Int, _ what: String) -> CredentialsError {
        CredentialsError("\(name) at \(base) answered \(status) when asked for \(what); try again later, or set AWS_EC2_METADATA_DISABLED=true")
    }
}
