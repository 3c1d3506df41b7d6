import Foundation
import NIOHTTP1
import Synchronization

/// The services that hand out keys which end: the metadata services of EC2, ECS and Huawei's servers, the token services of AWS and Huawei, and
/// IBM's identity service. What they issue the store accepts until it ends or is revoked.
struct IdentityService: Sendable {
    let keys: KeyRing
    /// What IBM's identity service exchanges for tokens.
    let apiKey: String
    /// The identity token that workloads show: an OIDC token, and what a container authorizes itself with.
    let identityToken: String
    /// For requests to the security token service that are signed.
    let verifier: SignatureVerifier
    let state = IdentityState()

    static let role = "windlass-role"

    /// Whether a request to the store's own port is one for this service.
    static func isTokenRequest(_ method: HTTPMethod, _ target: RequestTarget) -> Bool {
        method == .POST && target.rawPath == "/identity/token" && target.query.isEmpty
    }

    func respond(_ head: HTTPRequestHead, _ target: RequestTarget, _ body: RequestBody) async throws -> Response {
        if let status = state.settings.failureStatus { return Response(status) }
        let bytes = try await body.collect(limit: 256 << 10)
        let call = IdentityCall(head: head, target: target, body: bytes, now: .now)
        switch (head.method, target.rawPath) {
        case (.PUT, "/latest/api/token"): return sessionToken(call, "X-aws-ec2-metadata-token-ttl-seconds")
        case (.PUT, "/meta-data/latest/api/token"):
            return sessionToken(call, "X-securitykey-Token-Ttl-Seconds", "X-Metadata-Token-Ttl-Seconds")
        case (.GET, "/latest/meta-data/iam/security-credentials/"):
            return try withSession(call, "X-aws-ec2-metadata-token") { Response.text(Self.role) }
        case (.GET, "/latest/meta-data/iam/security-credentials/\(Self.role)"):
            return try withSession(call, "X-aws-ec2-metadata-token") { try instanceKeys(call) }
        case (.GET, "/openstack/latest/securitykey"):
            return try withSession(call, "X-securitykey-Token", "X-Metadata-Token") { try agencyKeys(call, status: 200) }
        case (.GET, "/ecs/credentials"): return try containerKeys(call)
        case (.POST, "/v3.0/OS-AUTH/id-token/tokens"): return try subjectToken(call)
        case (.POST, "/v3.0/OS-CREDENTIAL/securitytokens"): return try securityToken(call)
        case (.POST, "/identity/token"): return try bearerToken(call)
        case (.POST, "/"): return assumeRole(call)
        default: return Response(404)
        }
    }
}

/// One request to an identity service.
struct IdentityCall {
    let head: HTTPRequestHead
    let target: RequestTarget
    let body: [UInt8]
    let now: StoreTime

    func header(_ name: String) -> String? { head.headers.first(name: name) }

    /// The fields of a form.
    var form: [String: String] {
        let text = String(decoding: body, as: UTF8.self).replacing("+", with: "%20")
        let items = (try? RequestTarget("/?" + text))?.query ?? []
        return Dictionary(items.map { ($0.name, $0.value) }) { first, _ in first }
    }
}

/// What an identity service remembers, and how it is told to behave.
final class IdentityState: Sendable {
    /// In JSON an object of these names; what is left out keeps its usual value.
    struct Settings: Codable, Hashable, Sendable {
        /// How metadata services stand to session tokens: `none` (their first version only), `offered` or `required`.
        enum SessionTokens: String, Codable, Sendable {
            case none, offered, required
        }

        var sessionTokens: SessionTokens? = .offered
        /// Every request is answered with this status.
        var failureStatus: Int?
        /// For how long what is issued from now on lasts.
        var lifetimeSeconds: Int64?
    }

    private struct State {
        var settings = Settings()
        var sessions: [String: StoreTime] = [:]
        var issued = 0
    }

    private let state = Mutex(State())

    var settings: Settings {
        get { state.withLock { $0.settings } }
        set { state.withLock { $0.settings = newValue } }
    }

    /// How many keys and tokens were handed out.
    var issued: Int { state.withLock { $0.issued } }

    func countIssued() {
        state.withLock { $0.issued += 1 }
    }

    /// Something that a client shows in its next request.
    func openSession(until end: StoreTime) -> String {
        state.withLock { state in
            if state.sessions.count > 1024 { state.sessions = [:] }
            let text = KeyRing.random(28)
            state.sessions[text] = end
            return text
        }
    }

    func isOpen(_ session: String, now: StoreTime) -> Bool {
        state.withLock { state in state.sessions[session].map { now < $0 } ?? false }
    }

    func closeSessions() {
        state.withLock { $0.sessions = [:] }
    }
}

extension Response {
    static func text(_ text: String, status: Int = 200) -> Response {
        Response(status, headers: ["Content-Type": "text/plain"], body: .bytes(Array(text.utf8)))
    }

    static func json(_ value: some Encodable, status: Int = 200, headers: HTTPHeaders = [:]) throws -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        var response = Response(status, headers: headers, body: .bytes(Array(try encoder.encode(value))))
        response.headers.add(name: "Content-Type", value: "application/json")
        return response
    }
}
