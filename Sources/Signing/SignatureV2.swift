package import Credentials

/// HMAC-SHA1 over a few lines: Amazon's Signature Version 2, and those that Huawei OBS and CTYun OOS made after it.
///
/// The body is not covered, but for a `Content-MD5`. Source: "Signing and Authenticating REST Requests", Amazon S3 API Reference;
/// "Authentication of Signature in a Header", Huawei OBS API Reference.
package struct SignatureV2: Hashable, Sendable {
    package var dialect: Dialect

    package init(_ dialect: Dialect) {
        self.dialect = dialect
    }

    /// A request's headers with what they were made from.
    package struct Signed: Sendable {
        /// What to add to the request; `Authorization` comes last.
        package let headers: [HeaderField]
        package let stringToSign: [UInt8]
        package let signature: String
    }

    /// The headers to add to `request`: `Date` unless it has a date of its own, the token, and `Authorization`.
    package func headers(signing request: SignableRequest, date: SigningDate, credentials: Credentials) -> [HeaderField] {
        sign(request, date: date, credentials: credentials).headers
    }

    package func sign(_ request: SignableRequest, date: SigningDate, credentials: Credentials) -> Signed {
        var added: [HeaderField] = []
        let isDated = request.header("date") != nil || request.header(dialect.dateHeader) != nil
        if !isDated { added.append(HeaderField("Date", date.http)) }
        if let token = credentials.sessionToken { added.append(HeaderField(dialect.tokenName, token)) }
        var complete = request
        complete.headers += added
        let text = StringToSignV2(complete, date: dateLine(complete), dialect: dialect).bytes
        let signature = AuthenticationCode.sha1(text, secret: credentials.secretAccessKey)
        let authorization = HeaderField("Authorization", "\(dialect.scheme) \(credentials.accessKeyID):\(signature)")
        return Signed(headers: added + [authorization], stringToSign: text, signature: signature)
    }

    /// The store's own date header is signed among the headers and leaves the line for `Date` empty.
    private func dateLine(_ request: SignableRequest) -> String {
        request.header(dialect.dateHeader) == nil ? request.header("date") ?? "" : ""
    }
}
