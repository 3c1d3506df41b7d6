import Credentials
import Foundation
import Testing

@Suite(.timeLimit(.minutes(1))) struct CredentialsTests {
    /// A home folder with the two files.
    private func withHome<Result>(credentials: String?, config: String?, _ body: ([String: String]) async throws -> Result) async throws -> Result {
        let home = FileManager.default.temporaryDirectory.appendingPathComponent("windlass-home-\(UUID().uuidString)")
        let folder = home.appendingPathComponent(".aws")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: home) }
        try credentials?.write(to: folder.appendingPathComponent("credentials"), atomically: true, encoding: .utf8)
        try config?.write(to: folder.appendingPathComponent("config"), atomically: true, encoding: .utf8)
        return try await body(["HOME": home.path])
    }

    @Test func takesTheEnvironment() async throws {
        let environment = ["AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "token"]
        let keys = try await CredentialsChain.standard(environment: environment).credentials()
        #expect(keys == Credentials(accessKeyID: "id", secretAccessKey: "secret", sessionToken: "token"))
    }

    @Test func refusesHalfAPair() async {
        await #expect(throws: CredentialsError.self) { try await EnvironmentProvider(["AWS_ACCESS_KEY_ID": "id"]).credentials() }
        await #expect(throws: CredentialsError.self) { try await EnvironmentProvider(["AWS_SECRET_ACCESS_KEY": "secret"]).credentials() }
    }

    @Test func readsProfilesOfBothFiles() async throws {
        let credentials = """
            # a comment
            [default]
            aws_access_key_id = one
            aws_secret_access_key = se=cret#1 ; said so
            [other]
            aws_access_key_id=two
            aws_secret_access_key=/+=x
            aws_session_token=t
            """
        let config = """
            [default]
            region = eu-west-1
            s3 =
              addressing_style = path
            [profile other]
            region=cn-north-1
            endpoint_url = http://127.0.0.1:1
            """
        try await withHome(credentials: credentials, config: config) { environment in
            let standard = try await CredentialsChain.standard(environment: environment).credentials()
            #expect(standard == Credentials(accessKeyID: "one", secretAccessKey: "se=cret#1"))
            #expect(try SharedProfile(environment: environment).setting("region") == "eu-west-1")
            let named = environment.merging(["AWS_PROFILE": "other", "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "y"]) { $1 }
            let other = try await CredentialsChain.standard(environment: named).credentials()
            #expect(other == Credentials(accessKeyID: "two", secretAccessKey: "/+=x", sessionToken: "t"), "a named profile wins over the environment")
            #expect(try SharedProfile(environment: named).setting("endpoint_url") == "http://127.0.0.1:1")
        }
    }

    @Test func saysWhatIsMissing() async throws {
        try await withHome(credentials: nil, config: nil) { environment in
            await #expect(throws: CredentialsError.self) { try await CredentialsChain.standard(environment: environment).credentials() }
            let named = environment.merging(["AWS_PROFILE": "nobody"]) { $1 }
            let error = await #expect(throws: CredentialsError.self) { try await CredentialsChain.standard(environment: named).credentials() }
            #expect(error?.description.contains("nobody") == true)
        }
    }

    @Test func asksAgainAfterARefusal() async throws {
        try await withHome(credentials: "[default]\naws_access_key_id=a\naws_secret_access_key=b\n", config: nil) { environment in
            // A clock that stands still: a machine that is slow to write the file must not bring the time to look at it again.
            let chain = CredentialsChain.standard(environment: environment, time: ManualTime().time)
            let old = try await chain.credentials()
            let file = URL(fileURLWithPath: environment["HOME"] ?? "").appendingPathComponent(".aws/credentials")
            try "[default]\naws_access_key_id=new\naws_secret_access_key=b\n".write(to: file, atomically: true, encoding: .utf8)
            #expect(try await chain.credentials() == old)
            chain.invalidate(old)
            #expect(try await chain.credentials().accessKeyID == "new")
        }
    }

    @Test func neverShowsASecret() {
        let keys = Credentials(accessKeyID: "id", secretAccessKey: "SECRET", sessionToken: "TOKEN")
        var dumped = ""
        dump(keys, to: &dumped)
        for text in ["\(keys)", String(reflecting: keys), dumped, "\([keys])", "\(Optional(keys) as Any)"] {
            #expect(!text.contains("SECRET") && !text.contains("TOKEN"), "\(text)")
        }
    }

    /// Whatever stands in the file, reading it ends and gives no trouble.
    @Test func survivesAnyFile() {
        var generator = SystemRandomNumberGenerator()
        let alphabet = Array("[]=#; \t\nab\u{e9}\"\\")
        for _ in 0..<5000 {
            let text = String((0..<Int.random(in: 0..<60, using: &generator)).map { _ in alphabet.randomElement(using: &generator) ?? "a" })
            let file = ProfileFile(text)
            #expect(file.sections.values.allSatisfy { $0.keys.allSatisfy { !$0.contains("=") } })
        }
    }
}
