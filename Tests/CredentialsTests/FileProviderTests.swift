import Credentials
import FileSystemTypes
import Foundation
import Testing

/// Environments, files and programs.
@Suite(.timeLimit(.minutes(2))) struct FileProviderTests {
    private let manual = ManualTime()

    private func keys(_ id: String, _ token: String? = nil) -> Authority {
        .keys(Credentials(accessKeyID: id, secretAccessKey: "sk", sessionToken: token))
    }

    private func iam() throws -> LoopbackServer {
        try LoopbackServer { request in
            let key = request.body.split(separator: "&").last { $0.hasPrefix("apikey=") }?.dropFirst(7) ?? "none"
            return .init(body: #"{"access_token":"for-\#(key)","expires_in":3600}"#)
        }
    }

    @Test func environmentOfEachDialect() async throws {
        let environment = [
            "OBS_ACCESS_KEY_ID": "obs", "OBS_SECRET_ACCESS_KEY": "sk", "OBS_SECURITY_TOKEN": "ot", "AWS_ACCESS_KEY_ID": "aws",
            "AWS_SECRET_ACCESS_KEY": "sk", "AWS_SECURITY_TOKEN": "at", "IBM_API_KEY_ID": "ibm", "IBM_SERVICE_INSTANCE_ID": "crn",
        ]
        #expect(try await EnvironmentProvider(environment, dialect: .obs).authority() == keys("obs", "ot"))
        #expect(try await EnvironmentProvider(environment, dialect: .s3).authority() == keys("aws", "at"))
        #expect(try await EnvironmentProvider(environment, dialect: .oos).authority() == keys("aws", "at"))
        let server = try iam()
        defer { server.stop() }
        let exchange = IBMTokenExchange(http: SessionHTTP(), base: server.base, time: manual.time)
        let token = BearerToken("for-ibm", expiration: Timestamp(seconds: manual.now + 3600), serviceInstanceID: "crn")
        #expect(try await EnvironmentProvider(environment, dialect: .cos, exchange: exchange).authority() == .bearer(token))
        let hmac = environment.filter { $0.key.hasPrefix("AWS") }
        #expect(try await EnvironmentProvider(hmac, dialect: .cos, exchange: exchange).authority() == keys("aws", "at"))
    }

    @Test func environmentWithLineEndIsRefused() async {
        let environment = ["AWS_ACCESS_KEY_ID": "id\n", "AWS_SECRET_ACCESS_KEY": "SECRET"]
        let error = await #expect(throws: CredentialsError.self) { try await EnvironmentProvider(environment).authority() }
        #expect(error?.description.contains("SECRET") == false)
    }

    @Test func serviceCredentialOfIBM() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let server = try iam()
        defer { server.stop() }
        let exchange = IBMTokenExchange(http: SessionHTTP(), base: server.base, time: manual.time)
        let provider = BluemixFileProvider(environment: ["HOME": scratch.path], exchange: exchange)
        #expect(try await provider.authority() == nil)
        try scratch.write(".bluemix/cos_credentials", #"{"apikey":"k","resource_instance_id":"crn"}"#)
        let token = BearerToken("for-k", expiration: Timestamp(seconds: manual.now + 3600), serviceInstanceID: "crn")
        #expect(try await provider.authority() == .bearer(token))
        try scratch.write(".bluemix/cos_credentials", #"{"apikey":"k","cos_hmac_keys":{"access_key_id":"h","secret_access_key":"sk"}}"#)
        #expect(try await provider.authority() == keys("h"))
        for text in ["", "garbage", "{}", "[]", #"{"apikey":5}"#, #"{"cos_hmac_keys":{}}"#] {
            try scratch.write(".bluemix/cos_credentials", text)
            await #expect(throws: CredentialsError.self, "\(text)") { try await provider.authority() }
        }
        let missing = BluemixFileProvider(environment: ["COS_CREDENTIALS_FILE": scratch.path + "/none"], exchange: exchange)
        await #expect(throws: CredentialsError.self) { try await missing.authority() }
    }

    @Test func ownFileIsReadBySection() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let path = try scratch.write(
            "own", "[a]\naccess_key_id = x\nsecret_access_key = sk\nsession_token = t\n[b]\napi_key = k\n[c]\naccess_key_id = x\n")
        #expect(try await WindlassFileProvider(path: path, section: "a", isExplicit: true).authority() == keys("x", "t"))
        #expect(try await WindlassFileProvider(path: path, section: "none", isExplicit: false).authority() == nil)
        for section in ["none", "b", "c"] {
            let provider = WindlassFileProvider(path: path, section: section, isExplicit: true)
            await #expect(throws: CredentialsError.self, "\(section)") { try await provider.authority() }
        }
    }

    @Test(arguments: [0o640, 0o604, 0o660, 0o644, 0o620, 0o700]) func ownFileOpenToOthersIsRefused(mode: Int) async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let path = try scratch.write("own", "[default]\naccess_key_id = x\nsecret_access_key = sk\n", mode: mode)
        let provider = WindlassFileProvider(path: path, isExplicit: false)
        let error = await #expect(throws: CredentialsError.self) { try await provider.authority() }
        #expect(error?.description.contains("chmod 600") == true)
        try FileManager.default.setAttributes([.posixPermissions: 0o400], ofItemAtPath: path)
        #expect(try await provider.authority() == keys("x"))
    }

    @Test func ownFileThatIsNoFileIsRefused() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let fifo = scratch.path + "/fifo"
        try #require(unsafe mkfifo(fifo, 0o600) == 0)
        for path in [scratch.path, fifo, "/dev/null"] {
            await #expect(throws: CredentialsError.self, "\(path)") { try await WindlassFileProvider(path: path, isExplicit: true).authority() }
        }
        if geteuid() == 0 {
            let foreign = try scratch.write("foreign", "[default]\naccess_key_id = x\nsecret_access_key = sk\n")
            try #require(unsafe chown(foreign, 65_534, 65_534) == 0)
            await #expect(throws: CredentialsError.self) { try await WindlassFileProvider(path: foreign, isExplicit: true).authority() }
        }
    }

    private func process(_ scratch: Scratch, _ command: String, limit: Duration = .seconds(20)) throws -> SharedProfileProvider {
        try scratch.write(".aws/config", "[default]\ncredential_process = \(command)\n")
        let environment = ["HOME": scratch.path, "WORD": "from-environment", "PATH": "/usr/bin:/bin"]
        return SharedProfileProvider(SharedProfile(environment: environment), environment: environment, processLimit: limit)
    }

    @Test func programGivesKeys() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let script = try scratch.write(
            "pro gram",
            """
            #!/bin/sh
            echo "{\\"Version\\":1,\\"AccessKeyId\\":\\"$WORD\\",\\"SecretAccessKey\\":\\"sk\\",\\"SessionToken\\":\\"$1\\",\\"Expiration\\":\\"2026-08-14T12:00:00+02:00\\"}"
            """, mode: 0o700)
        let provider = try process(scratch, "\"\(script)\" '$HOME;x'")
        let end = Timestamp(iso8601: "2026-08-14T10:00:00Z")
        let expected = Credentials(accessKeyID: "from-environment", secretAccessKey: "sk", sessionToken: "$HOME;x", expiration: end)
        #expect(try await provider.authority() == .keys(expected), "no shell has expanded the argument")
        try scratch.write(".aws/credentials", "[default]\naws_access_key_id=file\naws_secret_access_key=sk\n")
        #expect(try await provider.authority() == keys("file"), "keys of ~/.aws/credentials come first")
    }

    @Test(arguments: [
        "/none/such", "false", "echo SECRET", "echo '{\"Version\":2,\"AccessKeyId\":\"a\",\"SecretAccessKey\":\"SECRET\"}'", "yes SECRET", "'open",
    ])
    func programThatFails(command: String) async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let provider = try process(scratch, command)
        let error = await #expect(throws: CredentialsError.self) { try await provider.authority() }
        #expect(error?.description.contains("SECRET") == false)
    }

    @Test func programThatHangsIsKilledWithItsChildren() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let script = try scratch.write("hang", "#!/bin/sh\nsleep 300 &\necho $! > \"\(scratch.path)/child\"\nwait\n", mode: 0o700)
        let provider = try process(scratch, script, limit: .seconds(3))
        let start = ContinuousClock.now
        await #expect(throws: CredentialsError.self) { try await provider.authority() }
        #expect(ContinuousClock.now - start < .seconds(100))
        let child = try #require(
            Int32(try String(contentsOfFile: scratch.path + "/child", encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)))
        var isGone = false
        for _ in 0..<100 where !isGone {
            let state = try? String(contentsOfFile: "/proc/\(child)/stat", encoding: .utf8)
            isGone = state == nil || state?.contains(") Z ") == true
            if !isGone { try await Task.sleep(for: .milliseconds(20)) }
        }
        #expect(isGone, "the child of the program is still there")
    }

    @Test func roleThatCannotBeAssumedIsNoSilentFallback() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        try scratch.write(".aws/config", "[default]\nrole_arn = arn\nsource_profile = x\n")
        let provider = SharedProfileProvider(SharedProfile(environment: ["HOME": scratch.path]))
        let error = await #expect(throws: CredentialsError.self) { try await provider.authority() }
        #expect(error?.description.contains("source_profile") == true)
    }
}
