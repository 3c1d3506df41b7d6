import NIOHTTP1

/// The metadata services of servers and containers.
extension IdentityService {
    /// A token for a session of so many seconds as one of the headers says.
    func sessionToken(_ call: IdentityCall, _ names: String...) -> Response {
        guard state.settings.sessionTokens != IdentityState.Settings.SessionTokens.none else { return Response(404) }
        let text = names.lazy.compactMap { call.header($0) }.first
        guard let seconds = text.flatMap({ Int64($0) }), (1...21_600).contains(seconds) else { return .text("Bad Request", status: 400) }
        return .text(state.openSession(until: call.now.adding(seconds: seconds)))
    }

    /// Answers when the request shows an open session, or needs none.
    func withSession(_ call: IdentityCall, _ names: String..., answer: () throws -> Response) throws -> Response {
        let token = names.lazy.compactMap { call.header($0) }.first
        let isWelcome = token.map { state.isOpen($0, now: call.now) } ?? (state.settings.sessionTokens != .required)
        return isWelcome ? try answer() : .text("Unauthorized", status: 401)
    }

    private func issue(_ call: IdentityCall, seconds: Int64? = nil) -> IssuedKey {
        state.countIssued()
        return keys.issueKey(now: call.now, seconds: seconds)
    }

    func instanceKeys(_ call: IdentityCall) throws -> Response {
        let key = issue(call)
        return try .json([
            "Code": "Success", "LastUpdated": call.now.wholeSecondsText, "Type": "AWS-HMAC", "AccessKeyId": key.accessKey,
            "SecretAccessKey": key.secretKey, "Token": key.token, "Expiration": key.expiration.wholeSecondsText,
        ])
    }

    /// Who shows an authorization must show the right one.
    func containerKeys(_ call: IdentityCall) throws -> Response {
        if let shown = call.header("authorization"), shown != identityToken {
            return try .json(["code": "AccessDenied", "message": "the authorization token is not the task's"], status: 403)
        }
        let key = issue(call)
        return try .json([
            "RoleArn": "arn:aws:iam::000000000000:role/\(Self.role)", "AccessKeyId": key.accessKey, "SecretAccessKey": key.secretKey,
            "Token": key.token, "Expiration": key.expiration.wholeSecondsText,
        ])
    }

    /// Huawei's document: of an agency, and of an exchanged token.
    func agencyKeys(_ call: IdentityCall, seconds: Int64? = nil, status: Int) throws -> Response {
        let key = issue(call, seconds: seconds)
        let credential = [
            "access": key.accessKey, "secret": key.secretKey, "securitytoken": key.token,
            "expires_at": key.expiration.isoText.dropLast() + "000Z",
        ]
        return try .json(["credential": credential], status: status)
    }
}

extension StoreTime {
    /// `2026-03-14T09:26:53Z`
    var wholeSecondsText: String { isoText.dropLast(5) + "Z" }
}
