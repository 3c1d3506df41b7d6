import Credentials
import FileSystemTypes
import Foundation
import Testing

/// Roles and logins that the profiles of `~/.aws` lead to.
@Suite(.timeLimit(.minutes(2))) struct RoleTests {
    private typealias Answer = LoopbackServer.Answer
    private let manual = ManualTime()

    /// In place of a signature: whose it is, for which region, and when it was made.
    private struct NamingSigner: CredentialsSigner {
        func signed(
            _ request: CredentialsRequest, with keys: Credentials, service: String, region: String, at moment: Timestamp
        ) -> CredentialsRequest {
            var request = request
            request.headers.append((name: "Authorization", value: "\(keys.accessKeyID) \(service) \(region) \(moment.seconds)"))
            return request
        }
    }

    private func chain(_ scratch: Scratch, _ base: String, _ variables: [String: String] = [:]) -> CredentialsChain {
        let services = ["AWS_ENDPOINT_URL_STS": base, "AWS_ENDPOINT_URL_SSO": base, "AWS_EC2_METADATA_DISABLED": "true", "HOME": scratch.path]
        return .standard(
            environment: services.merging(variables) { $1 }, http: SessionHTTP(), signer: NamingSigner(), time: manual.time)
    }

    private func roleAnswer(_ id: String) -> String {
        "<R><Credentials><AccessKeyId>\(id)</AccessKeyId><SecretAccessKey>sk</SecretAccessKey><SessionToken>st</SessionToken>"
            + "<Expiration>\(manual.iso8601(after: 3600))</Expiration></Credentials></R>"
    }

    @Test func roleOfAnotherProfile() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let server = try LoopbackServer { _ in Answer(body: roleAnswer("ROLE")) }
        defer { server.stop() }
        try scratch.write(".aws/credentials", "[base]\naws_access_key_id=BASE\naws_secret_access_key=sk\n")
        try scratch.write(
            ".aws/config",
            "[default]\nrole_arn=arn:x/y\nsource_profile=base\nregion=eu-west-1\nexternal_id=e&x\nduration_seconds=900\nrole_session_name=me\n")
        let chain = chain(scratch, server.base)
        #expect(try await chain.credentials().accessKeyID == "ROLE")
        #expect(chain.source?.name == "role of profile default" && chain.source?.kind == "temporary keys")
        #expect(chain.source?.expiration == Timestamp(seconds: manual.now + 3600))
        let request = try #require(server.requests.first)
        #expect(request.headers["authorization"] == "BASE sts eu-west-1 \(manual.now)")
        #expect(
            request.body
                == "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Ax%2Fy&RoleSessionName=me&ExternalId=e%26x&DurationSeconds=900")
    }

    @Test func rolesOneAfterTheOther() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let server = try LoopbackServer { request in
            Answer(body: roleAnswer("after-\(request.headers["authorization"]?.split(separator: " ").first ?? "")"))
        }
        defer { server.stop() }
        try scratch.write(
            ".aws/config",
            "[default]\nrole_arn=a\nsource_profile=b\n[profile b]\nrole_arn=b\nsource_profile=b\naws_access_key_id=B\naws_secret_access_key=sk\n")
        #expect(try await chain(scratch, server.base).credentials().accessKeyID == "after-after-B")
    }

    @Test(arguments: [
        ("[default]\nrole_arn=a\nsource_profile=b\n[profile b]\nrole_arn=b\nsource_profile=default\n", "circle"),
        ("[default]\nrole_arn=a\nsource_profile=none\n", "no profile none"), ("[default]\nrole_arn=a\n", "needs source_profile"),
        ("[default]\nrole_arn=a\ncredential_source=Elsewhere\n", "credential_source"),
        ("[default]\nrole_arn=a\nsource_profile=b\ncredential_source=Environment\n", "both"),
        ("[default]\nrole_arn=a\nsource_profile=b\nmfa_serial=m\n", "mfa_serial"),
        ("[default]\nrole_arn=a\ncredential_source=Ec2InstanceMetadata\n", "has no credentials"),
        ("[default]\nrole_arn=a\nsource_profile=default\naws_access_key_id=A\naws_secret_access_key=sk\nduration_seconds=1\n", "duration_seconds"),
    ])
    func rolesThatCannotBe(config: String, word: String) async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        try scratch.write(".aws/config", config)
        let error = await #expect(throws: CredentialsError.self) { try await chain(scratch, "http://127.0.0.1:1").credentials() }
        #expect(error?.description.contains(word) == true, "\(String(describing: error))")
    }

    @Test func roleFromTheEnvironment() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let server = try LoopbackServer { request in Answer(body: roleAnswer(request.headers["authorization"] ?? "")) }
        defer { server.stop() }
        try scratch.write(".aws/config", "[profile r]\nrole_arn=a\ncredential_source=Environment\n")
        let variables = ["AWS_PROFILE": "r", "AWS_ACCESS_KEY_ID": "ENV", "AWS_SECRET_ACCESS_KEY": "sk", "AWS_REGION": "x-1"]
        let error = await #expect(throws: CredentialsError.self, "a name with blanks is no key") {
            try await chain(scratch, server.base, variables).credentials()
        }
        #expect(error?.description.contains("role of profile r") == true)
        #expect(server.requests.first?.headers["authorization"] == "ENV sts x-1 \(manual.now)")
    }

    /// A service an hour behind refuses what is signed now.
    @Test func roleAcrossClocks() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let theirs = manual.now - 3600
        let end = manual.iso8601(after: 900 - 3600)
        let server = try LoopbackServer { request in
            let isOfTheirTime = request.headers["authorization"]?.hasSuffix(" \(theirs)") == true
            let body = roleAnswer("ROLE").replacing(manual.iso8601(after: 3600), with: end)
            return Answer(
                status: isOfTheirTime ? 200 : 403, headers: ["Date": Self.httpDate(theirs)],
                body: isOfTheirTime ? body : "<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code></Error></ErrorResponse>")
        }
        defer { server.stop() }
        try scratch.write(".aws/credentials", "[default]\naws_access_key_id=BASE\naws_secret_access_key=sk\n")
        try scratch.write(".aws/config", "[default]\nrole_arn=a\nsource_profile=default\n")
        let chain = chain(scratch, server.base)
        #expect(try await chain.credentials().accessKeyID == "ROLE")
        #expect(chain.source?.expiration == Timestamp(seconds: manual.now + 900))
        #expect(server.requests.count == 2)
    }

    private static func httpDate(_ seconds: Int64) -> String {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(identifier: "GMT")
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        return formatter.string(from: Date(timeIntervalSince1970: TimeInterval(seconds)))
    }

    // MARK: Single sign-on

    /// `sso-session` s: the name of the token's file is the SHA-1 of `s`.
    private func login(_ scratch: Scratch, expiresAt: String, token: String = "T0KEN") throws {
        try scratch.write(
            ".aws/config",
            "[default]\nsso_session=s\nsso_account_id=42\nsso_role_name=r o\n[sso-session s]\nsso_start_url=https://x\nsso_region=eu-west-1\n")
        try scratch.write(
            ".aws/sso/cache/a0f1490a20d0211c997b44bc357e1972deab8ae3.json", #"{"accessToken":"\#(token)","expiresAt":"\#(expiresAt)"}"#)
    }

    private func portal(_ status: Int = 200) throws -> LoopbackServer {
        let end = (manual.now + 3600) * 1000
        return try LoopbackServer { _ in
            Answer(
                status: status,
                body: #"{"roleCredentials":{"accessKeyId":"SSO","secretAccessKey":"sk","sessionToken":"st","expiration":\#(end)}}"#)
        }
    }

    @Test func cachedLoginIsUsed() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let server = try portal()
        defer { server.stop() }
        for expiration in [manual.iso8601(after: 60), manual.iso8601(after: 60).replacing("Z", with: "UTC")] {
            try login(scratch, expiresAt: expiration)
            let chain = chain(scratch, server.base)
            #expect(try await chain.credentials().accessKeyID == "SSO")
            #expect(chain.source?.expiration == Timestamp(seconds: manual.now + 3600))
        }
        let request = try #require(server.requests.first)
        #expect(request.path == "/federation/credentials?role_name=r%20o&account_id=42" && request.headers["x-amz-sso_bearer_token"] == "T0KEN")
    }

    @Test func loginThatHasEndedSaysWhatToDo() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let server = try portal(401)
        defer { server.stop() }
        try login(scratch, expiresAt: manual.iso8601(after: -1))
        for round in 0..<3 {
            if round == 1 { try login(scratch, expiresAt: manual.iso8601(after: 60)) }
            if round == 2 { try FileManager.default.removeItem(atPath: scratch.path + "/.aws/sso") }
            let error = await #expect(throws: CredentialsError.self) { try await chain(scratch, server.base).credentials() }
            #expect(error?.description.contains("aws sso login") == true && error?.description.contains("T0KEN") == false)
        }
        #expect(server.requests.count == 1, "only a login that seems good is shown")
    }
}
