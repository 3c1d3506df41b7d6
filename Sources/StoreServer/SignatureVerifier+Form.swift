import Crypto

extension SignatureVerifier {
    /// Who signed a form's policy: by Version 4, by Version 2, or by OBS's own fields, perhaps in one `token`.
    func verifyForm(_ fields: [String: String], now: StoreTime) throws(ServiceError) -> FormPolicy {
        if fields["x-amz-algorithm"] != nil { return try verifyVersion4(fields, now: now) }
        var (id, signature, policy) = (fields["awsaccesskeyid"] ?? fields["accesskeyid"], fields["signature"], fields["policy"])
        if let parts = fields["token"]?.split(separator: ":", maxSplits: 2).map(String.init), parts.count == 3 {
            (id, signature, policy) = (parts[0], parts[1], parts[2])
        }
        guard let id, let signature, let policy else { throw .accessDenied }
        let key = try formKey(id, fields, now: now)
        let code = HMAC<Insecure.SHA1>.authenticationCode(for: Array(policy.utf8), using: SymmetricKey(data: Array(key.secretKey.utf8)))
        guard Base64.decode(signature) == Array(code) else { throw .signatureDoesNotMatch }
        return try FormPolicy(base64: policy)
    }

    private func verifyVersion4(_ fields: [String: String], now: StoreTime) throws(ServiceError) -> FormPolicy {
        let scope = (fields["x-amz-credential"] ?? "").split(separator: "/").map(String.init)
        guard let signature = fields["x-amz-signature"], let policy = fields["policy"], scope.count == 5, scope[4] == "aws4_request" else {
            throw .accessDenied
        }
        let key = try formKey(scope[0], fields, now: now)
        var code = Array("AWS4\(key.secretKey)".utf8)
        for text in scope[1...] + [policy] {
            code = Array(HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: SymmetricKey(data: code)))
        }
        guard Hex.encode(code) == signature.lowercased() else { throw .signatureDoesNotMatch }
        return try FormPolicy(base64: policy)
    }

    private func formKey(_ id: String, _ fields: [String: String], now: StoreTime) throws(ServiceError) -> KeyRing.Key {
        guard let key = keys.key(id) else { throw .invalidAccessKeyID }
        guard key.token == fields["x-amz-security-token"] ?? fields["x-obs-security-token"] else { throw .invalidToken }
        if let expiration = key.expiration, now >= expiration { throw .expiredToken }
        return key
    }
}
