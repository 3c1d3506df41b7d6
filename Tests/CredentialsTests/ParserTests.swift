import Credentials
import FileSystemTypes
import Testing

/// Whatever a service, a program or a file says, reading it ends, and shows none of it.
@Suite(.timeLimit(.minutes(2))) struct ParserTests {
    private static let xml = """
        <?xml version="1.0" encoding="UTF-8"?>
        <R xmlns="urn:x"><Credentials><AccessKeyId>AKID</AccessKeyId><SecretAccessKey>S3CR&amp;T</SecretAccessKey>
        <SessionToken>T0KEN</SessionToken ><Expiration>2026-08-14T10:00:00Z</Expiration></Credentials><Empty/></R>
        """
    private static let process =
        #"{"Version":1,"AccessKeyId":"AKID","SecretAccessKey":"S3CR&T","SessionToken":"T0KEN","Expiration":"2026-08-14T10:00:00Z"}"#
    private static let service =
        #"{"Code":"Success","AccessKeyId":"AKID","SecretAccessKey":"S3CR&T","Token":"T0KEN","Expiration":"2026-08-14T10:00:00Z"}"#
    private static let huawei =
        #"{"credential":{"access":"AKID","secret":"S3CR&T","securitytoken":"T0KEN","expires_at":"2026-08-14T10:00:00Z"}}"#

    private typealias Parse = @Sendable ([UInt8]) throws(CredentialsError) -> Credentials

    private static let parsers: [(text: String, parse: Parse)] = [
        (xml, { bytes throws(CredentialsError) in try SecurityTokenAnswer.parse(bytes, from: "test") }),
        (process, { bytes throws(CredentialsError) in try CredentialProcess.parse(bytes) }),
        (service, { bytes throws(CredentialsError) in try ServiceKeys.parse(bytes, from: "test") }),
        (huawei, { bytes throws(CredentialsError) in try HuaweiKeys.parse(bytes, from: "test") }),
    ]

    @Test func wellFormedAnswersAreRead() throws {
        let end = Timestamp(iso8601: "2026-08-14T10:00:00Z")
        let expected = Credentials(accessKeyID: "AKID", secretAccessKey: "S3CR&T", sessionToken: "T0KEN", expiration: end)
        for parser in Self.parsers { #expect(try parser.parse(Array(parser.text.utf8)) == expected) }
    }

    @Test(arguments: 0..<4) func mutatedAnswersAreReadOrRefused(index: Int) {
        var random = Seeded(state: 7)
        let (text, parse) = Self.parsers[index]
        var refused = 0
        for _ in 0..<4000 {
            let bytes = Seeded.mutated(Array(text.utf8), &random)
            do throws(CredentialsError) {
                let keys = try parse(bytes)
                #expect(keys.accessKeyID.utf8.allSatisfy { (0x21...0x7e).contains($0) })
                #expect(keys.secretAccessKey.utf8.allSatisfy { (0x21...0x7e).contains($0) })
            } catch {
                refused += 1
                #expect(!error.description.contains("S3CR") && !error.description.contains("T0KEN") && !error.description.contains("\n"))
            }
        }
        #expect(refused > 400, "most damage is noticed")
    }

    @Test(arguments: [
        "", "x", "<a>", "</a>", "<a></b>", "<a><!-- x --></a>", "<!DOCTYPE a><a/>", "<a><![CDATA[x]]></a>", "<a>&e;</a>", "<a>&amp</a>", "<a/><b/>",
        "<a/>x", "<a>x<b/></a>", "<a><b/>x</a>", "<a><b>1</b><b>2</b></a>", "<?xml <a/>", "<a <b></b></a>", "<>x</>", "<a?b/>",
    ])
    func otherXMLIsRefused(text: String) {
        #expect(ElementTexts(Array(text.utf8)) == nil)
    }

    @Test func invalidUTF8AndDepthAndSizeAreRefused() {
        #expect(ElementTexts([0x3c, 0x61, 0x3e, 0xff, 0x3c, 0x2f, 0x61, 0x3e]) == nil)
        for (depth, isRead) in [(32, true), (33, false)] {
            let text = String(repeating: "<a>", count: depth) + String(repeating: "</a>", count: depth)
            #expect((ElementTexts(Array(text.utf8)) != nil) == isRead)
        }
        #expect(ElementTexts(Array("<a>\(String(repeating: "x", count: 65 << 10))</a>".utf8)) == nil)
    }

    @Test func commandsAreSplitAsAShellDoes() {
        let cases: [(String, [String]?)] = [
            ("a b  c", ["a", "b", "c"]), ("'a b' \"c d\"", ["a b", "c d"]), ("a\\ b", ["a b"]), ("\"\\\"x\\y\"", ["\"x\\y"]), ("''", [""]),
            ("a'b'\"c\"", ["abc"]), ("'a\\'", ["a\\"]), ("'a", nil), ("a\\", nil), ("\"a", nil), ("  ", []),
            ("$HOME `x` ; |", ["$HOME", "`x`", ";", "|"]),
        ]
        for (text, words) in cases { #expect(CommandLineWords.split(text) == words, "\(text)") }
        var random = Seeded(state: 11)
        let alphabet = Array("ab '\"\\\t\n$;\u{e9}")
        for _ in 0..<5000 {
            let text = String((0..<Int.random(in: 0..<40, using: &random)).map { _ in alphabet.randomElement(using: &random) ?? "a" })
            let quoted = "'\(text.replacing("'", with: "'\\''"))'"
            #expect(CommandLineWords.split(quoted) == [text])
            _ = CommandLineWords.split(text)
        }
    }

    @Test func expirationsWithAndWithoutOffset() throws {
        let end = Timestamp(iso8601: "2026-08-14T10:00:00Z")
        for text in ["2026-08-14T10:00:00Z", "2026-08-14T10:00:00+00:00", "2026-08-14T12:30:00+02:30", "2026-08-14T08:00:00-02:00"] {
            #expect(try Timestamp(expiration: text, from: "test") == end)
        }
        for text in [
            "", "T", "soon", "2026-08-14", "2026-08-14T10:00:00+25:00", "2026-08-14T10:00:00+", "2026-13-14T10:00:00Z",
            "99999999999999999999-1-1T0:0:0",
        ] {
            #expect(throws: CredentialsError.self, "\(text)") { try Timestamp(expiration: text, from: "test") }
        }
    }

    @Test func nothingShowsASecret() throws {
        let keys = Credentials(accessKeyID: "id", secretAccessKey: "S3CRET", sessionToken: "S3CRET")
        let token = BearerToken("S3CRET", expiration: Timestamp(seconds: 1), serviceInstanceID: "crn")
        let request = CredentialsRequest("GET", "http://h/", headers: [("A", "S3CRET")], body: Array("S3CRET".utf8), timeout: .seconds(1))
        let response = CredentialsResponse(status: 200, headers: ["A": "S3CRET"], body: Array("S3CRET".utf8))
        let values: [Any] = [
            keys, Authority.keys(keys), Authority.bearer(token), token, APIKey("S3CRET"), request, response, [Authority.bearer(token)],
        ]
        for value in values {
            var dumped = ""
            dump(value, to: &dumped)
            for text in ["\(value)", String(reflecting: value), dumped, "\(Mirror(reflecting: value).children.map { $0 })"] {
                #expect(!text.contains("S3CRET") && !text.contains("83, 51"), "\(text)")
            }
        }
    }

    /// Providers and chains hold environments, which hold secrets: those that are printed by mistake must not show them.
    @Test func noProviderShowsItsEnvironment() {
        let environment = ["AWS_SECRET_ACCESS_KEY": "S3CRET", "AWS_CONTAINER_AUTHORIZATION_TOKEN": "S3CRET"]
        let values: [Any] = [
            EnvironmentProvider(environment), SharedProfileProvider(SharedProfile(environment: environment), environment: environment),
            ContainerProvider(environment: environment, http: SessionHTTP()), WebIdentityProvider(environment: environment, http: SessionHTTP()),
            CredentialsChain.standard(environment: environment),
        ]
        for value in values {
            var dumped = ""
            dump(value, to: &dumped)
            #expect(!"\(value)\(String(reflecting: value))\(dumped)".contains("S3CRET"), "\(type(of: value))")
        }
    }
}
