import Credentials
import FileSystemTypes
import Signing
import Testing

@Suite struct AuthorizationTests {
    private let keys = Credentials(accessKeyID: "id", secretAccessKey: "secret", sessionToken: "token")
    private let date = SigningDate(Timestamp(seconds: 1_773_480_413))
    private let request = SignableRequest(method: "GET", host: "bucket.example.net", path: "/key", hostBucket: "bucket")

    private func headers(_ authorization: Authorization) -> [String: String] {
        let fields = authorization.headers(for: request, payload: .empty, date: date)
        return Dictionary(uniqueKeysWithValues: fields.map { ($0.name, $0.value) })
    }

    @Test func sendsATokenAsItIs() {
        #expect(headers(.bearer(BearerToken("abc.def"))) == ["Authorization": "Bearer abc.def"])
    }

    @Test func addsNothingWhenAnonymous() {
        #expect(headers(.anonymous).isEmpty)
    }

    @Test func choosesTheScheme() {
        #expect(headers(.v4(SignatureV4(region: "r"), keys))["Authorization"]?.hasPrefix("AWS4-HMAC-SHA256 Credential=id/20260314/r/s3/") == true)
        let obs = headers(.v2(SignatureV2(.obs), keys))
        #expect(obs["Authorization"]?.hasPrefix("OBS id:") == true)
        #expect(obs["x-obs-security-token"] == "token")
        #expect(obs["Date"] == date.http)
        #expect(headers(.v2(SignatureV2(.obsV2), keys))["x-amz-security-token"] == "token")
    }

    @Test func showsNoSecrets() {
        let authorizations: [Authorization] = [
            .bearer(BearerToken("hush-token")),
            .v4(SignatureV4(region: "r"), Credentials(accessKeyID: "id", secretAccessKey: "hush-secret", sessionToken: "hush-session")),
        ]
        for authorization in authorizations {
            var dumped = ""
            dump(authorization, to: &dumped)
            #expect(!dumped.contains("hush") && !"\(authorization)".contains("hush") && !String(reflecting: authorization).contains("hush"))
        }
        let encoding = ChunkedEncoding(signature: SignatureV4(region: "r"), seed: "", date: date, credentials: keys)
        var dumped = ""
        dump(encoding, to: &dumped)
        #expect(dumped.contains("scope") && !dumped.contains("UInt8"))
    }

    /// Huawei signs a token in the query as part of the resource, Amazon as a header.
    @Test(arguments: [
        (SignatureV2.Dialect.s3, "GET\n\n\n1773480413\nx-amz-security-token:token\n/bucket/key"),
        (.oos, "GET\n\n\n1773480413\nx-amz-security-token:token\n/bucket/key"),
        (.obs, "GET\n\n\n1773480413\n/bucket/key?x-obs-security-token=token"),
        (.obsV2, "GET\n\n\n1773480413\n/bucket/key?x-amz-security-token=token"),
    ])
    func signsTokensInURLs(dialect: SignatureV2.Dialect, text: String) {
        let presigned = PresignedV2(SignatureV2(dialect)).presign(request, until: date.timestamp, credentials: keys)
        #expect(String(decoding: presigned.stringToSign, as: UTF8.self) == text)
        #expect(presigned.request.queryText.contains("-security-token=token&"))
    }

    /// A renamed object's new name may be any bytes: they are signed as they are.
    @Test func signsBytesThatAreNoText() {
        let rename = SignableRequest(
            method: "POST", host: "b.example.net", path: "/a", query: [QueryItem("rename"), QueryItem("name", "%FF%2F")],
            headers: [HeaderField("Date", "d")], hostBucket: "b")
        let signed = SignatureV2(.obs).sign(rename, date: date, credentials: Credentials(accessKeyID: "id", secretAccessKey: "secret"))
        #expect(signed.stringToSign == Array("POST\n\n\nd\n/b/a?name=".utf8) + [0xFF] + Array("/&rename".utf8))
    }

    @Test func unfoldsHeaders() {
        let folded = SignableRequest(
            method: "PUT", host: "b.example.net", path: "/a", headers: [HeaderField("Date", "d"), HeaderField("x-amz-meta-a", "one\r\n  two")],
            hostBucket: "B")
        let signed = SignatureV2(.s3).sign(folded, date: date, credentials: Credentials(accessKeyID: "id", secretAccessKey: "secret"))
        #expect(String(decoding: signed.stringToSign, as: UTF8.self) == "PUT\n\n\nd\nx-amz-meta-a:one two\n/b/a")
    }

    /// IBM's signature covers `Transfer-Encoding`, and Huawei's `Content-Length`; Amazon's leaves both out.
    @Test(arguments: [
        (SignatureV4.Dialect.s3, SignatureV4.Payload.unsigned, "host;x-amz-content-sha256;x-amz-date"),
        (.s3, .chunked, "content-length;host;x-amz-content-sha256;x-amz-date"),
        (.ibm, .unsigned, "host;transfer-encoding;x-amz-content-sha256;x-amz-date"),
        (.obs, .unsigned, "content-length;date;host;x-amz-content-sha256"),
    ])
    func choosesTheHeaders(dialect: SignatureV4.Dialect, payload: SignatureV4.Payload, names: String) {
        var sent = request
        sent.headers = [HeaderField("Content-Length", "1"), HeaderField("Transfer-Encoding", "chunked"), HeaderField("User-Agent", "x")]
        let signed = SignatureV4(region: "r", dialect: dialect)
            .sign(sent, payload: payload, date: date, credentials: Credentials(accessKeyID: "id", secretAccessKey: "secret"))
        #expect(signed.headers.last?.value.contains("SignedHeaders=\(names),") == true)
    }

    @Test(arguments: [
        ("oos-hazz.ctyunapi.cn", "hazz", "s3"), ("b.OOS-cn.ctyunapi.cn:443", "cn", "s3"), ("oos-cn-iam.ctyunapi.cn", "cn", "sts"),
    ])
    func readsRegions(host: String, region: String, service: String) {
        #expect(SignatureV4.oos(host: host) == SignatureV4(region: region, service: service))
    }

    @Test(arguments: ["", "example.net", "oos-.ctyunapi.cn", "s3.ctyunapi.cn", "oos-cn.example.net"])
    func knowsOtherHosts(host: String) {
        #expect(SignatureV4.oos(host: host) == nil)
    }
}
