import Crypto
import Foundation
import NIOHTTP1

/// The services where something that proves an identity is exchanged for keys or a token.
extension IdentityService {
    private struct IdentityDocument: Decodable {
        struct Auth: Decodable {
            struct Token: Decodable { let id: String }
            let token: Token

            enum CodingKeys: String, CodingKey { case token = "id_token" }
        }
        let auth: Auth
    }

    private struct SecurityTokenDocument: Decodable {
        struct Auth: Decodable {
            struct Identity: Decodable {
                struct Token: Decodable {
                    let seconds: Int64?

                    enum CodingKeys: String, CodingKey { case seconds = "duration_seconds" }
                }
                let methods: [String]
                let token: Token?
            }
            let identity: Identity
        }
        let auth: Auth
    }

    private struct TokenAnswer: Encodable {
        var accessToken: String
        var refreshToken: String
        var lifetime: Int64
        var expiration: Int64
        var type = "Bearer"
        var scope = "ibm openid"

        enum CodingKeys: String, CodingKey {
            case accessToken = "access_token"
            case refreshToken = "refresh_token"
            case lifetime = "expires_in"
            case expiration, scope
            case type = "token_type"
        }
    }

    /// Huawei: an OIDC token for a token of IAM.
    func subjectToken(_ call: IdentityCall) throws -> Response {
        guard call.header("x-idp-id")?.isEmpty == false,
            let document = try? JSONDecoder().decode(IdentityDocument.self, from: Data(call.body))
        else { return try Self.refusal(400, "IAM.0011", "The request body or X-Idp-Id is invalid") }
        guard document.auth.token.id == identityToken else { return try Self.refusal(401, "IAM.0020", "The ID token is invalid") }
        let token = state.openSession(until: call.now.adding(seconds: 3600))
        return try .json(["token": ["methods": "mapped"]], status: 201, headers: ["X-Subject-Token": token])
    }

    /// Huawei: a token of IAM for keys.
    func securityToken(_ call: IdentityCall) throws -> Response {
        guard let token = call.header("x-auth-token"), state.isOpen(token, now: call.now) else {
            return try Self.refusal(401, "IAM.0001", "The token must be updated")
        }
        let document = try? JSONDecoder().decode(SecurityTokenDocument.self, from: Data(call.body))
        guard let identity = document?.auth.identity, identity.methods == ["token"] else {
            return try Self.refusal(400, "IAM.0011", "The request body is invalid")
        }
        let seconds = identity.token?.seconds ?? 900
        guard (900...86_400).contains(seconds) else { return try Self.refusal(400, "IAM.0007", "duration_seconds must be 900 to 86400") }
        return try agencyKeys(call, seconds: seconds, status: 201)
    }

    private static func refusal(_ status: Int, _ code: String, _ message: String) throws -> Response {
        try .json(["error_code": code, "error_msg": message], status: status)
    }

    /// IBM: an API key, or the refresh token of an earlier exchange, for a bearer token.
    func bearerToken(_ call: IdentityCall) throws -> Response {
        let form = call.form
        switch form["grant_type"] {
        case "urn:ibm:params:oauth:grant-type:apikey":
            guard form["apikey"] == apiKey else { return try Self.problem(400, "BXNIM0415E", "Provided API key could not be found.") }
        case "refresh_token":
            guard let token = form["refresh_token"], state.isOpen(token, now: call.now) else {
                return try Self.problem(400, "BXNIM0408E", "Provided refresh_token is expired.")
            }
        default: return try Self.problem(400, "BXNIM0106E", "Property missing or empty: grant_type")
        }
        state.countIssued()
        let token = keys.issueToken(now: call.now)
        return try .json(
            TokenAnswer(
                accessToken: token.text, refreshToken: state.openSession(until: call.now.adding(seconds: 72 * 3600)),
                lifetime: token.lifetimeSeconds, expiration: call.now.seconds + token.lifetimeSeconds))
    }

    private static func problem(_ status: Int, _ code: String, _ message: String) throws -> Response {
        try .json(["errorCode": code, "errorMessage": message], status: status)
    }

    /// AWS: a role, for an OIDC token or for a request that is signed with the lasting keys.
    func assumeRole(_ call: IdentityCall) -> Response {
        let form = call.form
        let action = form["Action"] ?? ""
        guard ["AssumeRole", "AssumeRoleWithWebIdentity"].contains(action) else {
            return Self.failure(400, "InvalidAction", "There is no such action")
        }
        guard let arn = form["RoleArn"], let session = form["RoleSessionName"], !arn.isEmpty, !session.isEmpty else {
            return Self.failure(400, "MissingParameter", "RoleArn and RoleSessionName are required")
        }
        if action == "AssumeRole" {
            guard isSigned(call) else { return Self.failure(403, "AccessDenied", "The request is not signed with keys that may assume the role") }
        } else {
            guard form["WebIdentityToken"] == identityToken else {
                return Self.failure(400, "InvalidIdentityToken", "The identity token is not valid")
            }
        }
        state.countIssued()
        let key = keys.issueKey(now: call.now, seconds: form["DurationSeconds"].flatMap { Int64($0) })
        return .xml(
            XMLWriter.document("\(action)Response", namespace: "https://sts.amazonaws.com/doc/2011-06-15/") { xml in
                xml.element("\(action)Result") { xml in
                    xml.element("Credentials") { xml in
                        xml.element("AccessKeyId", key.accessKey)
                        xml.element("SecretAccessKey", key.secretKey)
                        xml.element("SessionToken", key.token)
                        xml.element("Expiration", key.expiration.wholeSecondsText)
                    }
                    xml.element("AssumedRoleUser") { $0.element("Arn", "\(arn)/\(session)") }
                }
            })
    }

    /// The token service takes the hash of the body without a header that names it.
    private func isSigned(_ call: IdentityCall) -> Bool {
        var headers = call.head.headers
        headers.replaceOrAdd(name: "x-amz-content-sha256", value: Hex.encode(SHA256.hash(data: call.body)))
        let request = SignedRequest(method: call.head.method.rawValue, target: call.target, headers: headers)
        return (try? verifier.verify(request, now: call.now)) != nil
    }

    private static func failure(_ status: Int, _ code: String, _ message: String) -> Response {
        .xml(
            XMLWriter.document("ErrorResponse", namespace: "https://sts.amazonaws.com/doc/2011-06-15/") { xml in
                xml.element("Error") { xml in
                    xml.element("Type", "Sender")
                    xml.element("Code", code)
                    xml.element("Message", message)
                }
            }, status: status)
    }
}
