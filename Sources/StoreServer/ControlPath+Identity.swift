import Foundation
import NIOHTTP1

/// The part of the control path that is about keys.
///
/// * `GET /_store/identity`: how the identity services behave, and how much they have issued
/// * `PUT /_store/identity`: `{"sessionTokens": "required", "lifetimeSeconds": 5, "failureStatus": 503}`; what is left out is as usual
/// * `POST /_store/identity/revoke`: everything issued ends now, sessions too
/// * `PUT /_store/keys`: `{"accessKey": "...", "secretKey": "..."}` in place of the lasting pair
/// * `POST /_store/keys`: the same, perhaps with a `token`, beside the lasting pair
/// * `DELETE /_store/keys/ACCESSKEY`: it is good no more
extension ControlPath {
    private struct Report: Encodable {
        var settings: IdentityState.Settings
        var lifetimeSeconds: Int64
        var issued: Int
    }

    private struct Pair: Decodable {
        var accessKey: String
        var secretKey: String
        var token: String?
    }

    /// Nil for a path that is none of these.
    func respondOnIdentity(_ method: HTTPMethod, _ path: Substring, _ body: RequestBody) async throws -> Response? {
        switch (method, path) {
        case (.GET, "identity"):
            return try .json(Report(settings: identity.state.settings, lifetimeSeconds: identity.keys.lifetimeSeconds, issued: identity.state.issued))
        case (.PUT, "identity"):
            let settings = try await decode(IdentityState.Settings.self, body)
            guard settings.lifetimeSeconds ?? 1 >= 1 else { throw ServiceError.invalidArgument("lifetimeSeconds must be 1 or more") }
            identity.state.settings = settings
            identity.keys.lifetimeSeconds = settings.lifetimeSeconds ?? KeyRing.usualLifetimeSeconds
        case (.POST, "identity/revoke"):
            identity.keys.revokeIssued()
            identity.state.closeSessions()
        case (.PUT, "keys"):
            let pair = try await decode(Pair.self, body)
            identity.keys.replaceLasting(accessKey: pair.accessKey, secretKey: pair.secretKey)
        case (.POST, "keys"):
            let pair = try await decode(Pair.self, body)
            identity.keys.add(accessKey: pair.accessKey, secretKey: pair.secretKey, token: pair.token)
        case (.DELETE, _) where path.hasPrefix("keys/"): identity.keys.remove(accessKey: String(path.dropFirst("keys/".count)))
        default: return nil
        }
        return Response(204)
    }

    private func decode<Value: Decodable>(_ type: Value.Type, _ body: RequestBody) async throws -> Value {
        let bytes = try await body.collect(limit: 1 << 16)
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch {
            throw ServiceError.invalidArgument("The body is not what is expected here: \(error)")
        }
    }
}
