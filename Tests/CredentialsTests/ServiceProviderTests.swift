import Credentials
import FileSystemTypes
import Foundation
import Testing

/// Metadata and token services, each as a server on this machine.
@Suite(.timeLimit(.minutes(2))) struct ServiceProviderTests {
    private typealias Answer = LoopbackServer.Answer
    private let manual = ManualTime()
    private let http = SessionHTTP()

    private func huawei(_ access: String) -> String {
        #"{"credential":{"access":"\#(access)","secret":"sk","securitytoken":"st","expires_at":"2026-08-14T10:00:00.000000Z"}}"#
    }

    private func aws(_ id: String) -> String {
        #"{"Code":"Success","Type":"AWS-HMAC","AccessKeyId":"\#(id)","SecretAccessKey":"sk","Token":"st","Expiration":"2026-08-14T10:00:00Z"}"#
    }

    private func expected(_ id: String) -> Authority {
        .keys(Credentials(accessKeyID: id, secretAccessKey: "sk", sessionToken: "st", expiration: Timestamp(iso8601: "2026-08-14T10:00:00Z")))
    }

    @Test(arguments: [404, 405, 200]) func agencyFallsBackToTheFormWithoutToken(status: Int) async throws {
        let server = try LoopbackServer { request in
            request.method == "PUT" ? Answer(status: status) : Answer(body: huawei(request.headers["x-securitykey-token"] ?? "plain"))
        }
        defer { server.stop() }
        let provider = HuaweiAgencyProvider(http: http, base: server.base, time: manual.time)
        #expect(try await provider.authority() == expected("plain"))
        #expect(server.requests.map(\.path) == ["/meta-data/latest/api/token", "/openstack/latest/securitykey"])
    }

    @Test func agencyUsesItsToken() async throws {
        let server = try LoopbackServer { request in
            request.method == "PUT"
                ? Answer(body: "tok-\(request.headers["x-securitykey-token-ttl-seconds"] ?? "")\n")
                : Answer(body: huawei(request.headers["x-securitykey-token"] ?? "plain"))
        }
        defer { server.stop() }
        #expect(try await HuaweiAgencyProvider(http: http, base: server.base, time: manual.time).authority() == expected("tok-21600"))
    }

    @Test func agencyTriesThreeTimes() async throws {
        let server = try LoopbackServer { $0.method == "PUT" ? Answer(status: 404) : Answer(status: 500) }
        defer { server.stop() }
        let provider = HuaweiAgencyProvider(http: http, base: server.base, time: manual.time)
        await #expect(throws: CredentialsError.self) { try await provider.authority() }
        #expect(server.requests.count == 4)
        #expect(manual.sleeps == [.milliseconds(100), .milliseconds(200)])
    }

    @Test func nothingListensNothingConfigured() async throws {
        let server = try LoopbackServer { _ in Answer() }
        server.stop()
        #expect(try await HuaweiAgencyProvider(http: http, base: server.base, time: manual.time).authority() == nil)
        let environment = ["AWS_EC2_METADATA_SERVICE_ENDPOINT": server.base]
        #expect(try await InstanceMetadataProvider(environment: environment, http: http, time: manual.time).authority() == nil)
    }

    @Test func identityIsExchangedTwice() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let file = try scratch.write("jwt", "the.jwt\n")
        let server = try LoopbackServer { request in
            if request.path == "/v3.0/OS-AUTH/id-token/tokens" {
                let isRight = request.body == #"{"auth":{"id_token":{"id":"the.jwt"}}}"# && request.headers["x-idp-id"] == "idp"
                return isRight ? Answer(status: 201, headers: ["X-Subject-Token": "subject"]) : Answer(status: 400)
            }
            let isRight = request.headers["x-auth-token"] == "subject" && request.body.contains(#""duration_seconds":3600"#)
            return isRight ? Answer(status: 201, body: huawei("oidc")) : Answer(status: 400)
        }
        defer { server.stop() }
        let environment = ["HUAWEI_CLOUD_IDP_ID": "idp", "OIDC_TOKEN_FILE": file]
        #expect(
            try await HuaweiIdentityProvider(environment: environment, http: http, base: server.base, time: manual.time).authority()
                == expected("oidc"))
        #expect(try await HuaweiIdentityProvider(environment: [:], http: http, base: server.base, time: manual.time).authority() == nil)
    }

    @Test func identityRefusedSaysSo() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let file = try scratch.write("jwt", "SECRETJWT")
        let server = try LoopbackServer { _ in Answer(status: 401, body: #"{"error":{"code":"IAM.0001","message":"SECRETJWT"}}"#) }
        defer { server.stop() }
        let environment = ["HUAWEI_CLOUD_IDP_ID": "idp", "OIDC_TOKEN_FILE": file]
        let provider = HuaweiIdentityProvider(environment: environment, http: http, base: server.base, time: manual.time)
        let error = await #expect(throws: CredentialsError.self) { try await provider.authority() }
        #expect(error?.description.contains("IAM.0001") == true && error?.description.contains("SECRETJWT") == false)
        let away = HuaweiIdentityProvider(environment: environment, http: http, base: "http://192.0.2.1", time: manual.time)
        await #expect(throws: CredentialsError.self, "never without TLS") { try await away.authority() }
    }

    private func instance(_ server: LoopbackServer, _ more: [String: String] = [:]) -> InstanceMetadataProvider {
        let environment = ["AWS_EC2_METADATA_SERVICE_ENDPOINT": server.base + "/"].merging(more) { $1 }
        return InstanceMetadataProvider(environment: environment, http: http, time: manual.time)
    }

    @Test func instanceUsesVersionTwo() async throws {
        let server = try LoopbackServer { request in
            if request.method == "PUT" { return Answer(body: "v2") }
            guard request.headers["x-aws-ec2-metadata-token"] == "v2" else { return Answer(status: 401) }
            return request.path.hasSuffix("/") ? Answer(body: "my-role\n") : Answer(body: aws(String(request.path.suffix(7))))
        }
        defer { server.stop() }
        #expect(try await instance(server).authority() == expected("my-role"))
        #expect(try await instance(server, ["AWS_EC2_METADATA_DISABLED": "true"]).authority() == nil)
        #expect(server.requests.count == 3)
    }

    @Test(arguments: [403, 404, 405]) func instanceFallsBackToVersionOne(status: Int) async throws {
        let server = try LoopbackServer { request in
            if request.method == "PUT" { return Answer(status: status) }
            return request.path.hasSuffix("/") ? Answer(body: "r") : Answer(body: aws("v1"))
        }
        defer { server.stop() }
        #expect(try await instance(server).authority() == expected("v1"))
        #expect(try await instance(server, ["AWS_EC2_METADATA_V1_DISABLED": "true"]).authority() == nil)
    }

    @Test func instanceWhoseTokenRequestHangsFallsBack() async throws {
        let server = try LoopbackServer { request in
            if request.method == "PUT" { return Answer(body: "late", delay: .seconds(3)) }
            return request.path.hasSuffix("/") ? Answer(body: "r") : Answer(body: aws("v1"))
        }
        defer { server.stop() }
        #expect(try await instance(server).authority() == expected("v1"))
    }

    @Test func instanceErrors() async throws {
        for (status, body) in [(400, ""), (500, ""), (200, "bad token\r\nX: y")] {
            let server = try LoopbackServer { _ in Answer(status: status, body: body) }
            defer { server.stop() }
            await #expect(throws: CredentialsError.self) { try await instance(server).authority() }
        }
        for body in [
            "garbage", "{}", #"{"Code":"Failed"}"#, #"{"AccessKeyId":"a b","SecretAccessKey":"x"}"#, aws("x").replacing("2026", with: "soon"),
        ] {
            let server = try LoopbackServer { $0.path.hasSuffix("/") ? Answer(body: "r") : Answer(body: body) }
            defer { server.stop() }
            await #expect(throws: CredentialsError.self, "\(body)") { try await instance(server).authority() }
        }
        let noRole = try LoopbackServer { _ in Answer(status: 404) }
        defer { noRole.stop() }
        #expect(try await instance(noRole).authority() == nil)
    }

    @Test func containerWithTokenAndTokenFile() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let server = try LoopbackServer { Answer(body: aws($0.headers["authorization"] ?? "none")) }
        defer { server.stop() }
        func ask(_ environment: [String: String]) async throws -> Authority? {
            try await ContainerProvider(environment: environment, http: http, base: server.base, time: manual.time).authority()
        }
        #expect(try await ask([:]) == nil)
        #expect(try await ask(["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/x"]) == expected("none"))
        #expect(server.requests.last?.path == "/v2/x")
        var full = ["AWS_CONTAINER_CREDENTIALS_FULL_URI": "\(server.base)/full", "AWS_CONTAINER_AUTHORIZATION_TOKEN": "t1"]
        #expect(try await ask(full) == expected("t1"))
        full["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = try scratch.write("token", "t2\n")
        #expect(try await ask(full) == expected("t2"))
        try scratch.write("token", "t3")
        #expect(try await ask(full) == expected("t3"))
        try scratch.write("token", "a\r\nX: b")
        await #expect(throws: CredentialsError.self) { try await ask(full) }
        for address in [
            "http://192.0.2.1/", "http://localhost.example.org/", "ftp://127.0.0.1/", "http://user@127.0.0.1/", "http://127.0.0.1.example.org/",
        ] {
            await #expect(throws: CredentialsError.self, "\(address)") { try await ask(["AWS_CONTAINER_CREDENTIALS_FULL_URI": address]) }
        }
    }

    @Test func webIdentityPostsItsToken() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let file = try scratch.write("token", "jwt+/=\n")
        let xml = """
            <?xml version="1.0"?>
            <AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult>
            <Credentials><SessionToken>st</SessionToken><SecretAccessKey>sk</SecretAccessKey><Expiration>2026-08-14T10:00:00Z</Expiration>
            <AccessKeyId>web</AccessKeyId></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>
            """
        let form =
            "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr&RoleSessionName=s&WebIdentityToken=jwt%2B%2F%3D"
        let server = try LoopbackServer { request in
            guard request.body == form else {
                return Answer(status: 403, body: "<ErrorResponse><Error><Code>AccessDenied</Code><Message>jwt</Message></Error></ErrorResponse>")
            }
            return Answer(body: xml)
        }
        defer { server.stop() }
        var environment = [
            "HOME": scratch.path, "AWS_WEB_IDENTITY_TOKEN_FILE": file, "AWS_ROLE_ARN": "arn:aws:iam::1:role/r", "AWS_ROLE_SESSION_NAME": "s",
        ]
        func ask() async throws -> Authority? {
            try await WebIdentityProvider(environment: environment, http: http, base: server.base, time: manual.time).authority()
        }
        #expect(try await ask() == expected("web"))
        environment["AWS_ROLE_SESSION_NAME"] = "other"
        let error = await #expect(throws: CredentialsError.self) { try await ask() }
        #expect(error?.description.contains("AccessDenied") == true && error?.description.contains("jwt") == false)
        try scratch.write(".aws/config", "[profile w]\nweb_identity_token_file=\(file)\nrole_arn=arn:aws:iam::1:role/r\nrole_session_name=s\n")
        environment = ["HOME": scratch.path, "AWS_PROFILE": "w"]
        #expect(try await ask() == expected("web"))
        environment = ["HOME": scratch.path]
        #expect(try await ask() == nil)
    }

    @Test func apiKeyBecomesABearerToken() async throws {
        let server = try LoopbackServer { request in
            guard request.path == "/identity/token", request.headers["authorization"] == "Basic Yng6Yng=" else { return Answer(status: 404) }
            let isKey = request.body == "grant_type=urn%3Aibm%3Aparams%3Aoauth%3Agrant-type%3Aapikey&response_type=cloud_iam&apikey=APIKEY"
            let isRefresh = request.body == "grant_type=refresh_token&response_type=cloud_iam&refresh_token=rt"
            guard isKey || isRefresh else { return Answer(status: 400, body: #"{"errorCode":"BXNIM0415E","errorMessage":"WRONGKEY"}"#) }
            return Answer(
                body: #"{"access_token":"\#(isKey ? "one" : "two")","refresh_token":"rt","token_type":"Bearer","expires_in":3600,"expiration":1}"#)
        }
        defer { server.stop() }
        let exchange = IBMTokenExchange(http: http, base: server.base, time: manual.time)
        let key = APIKey("APIKEY", serviceInstanceID: "crn")
        let end = Timestamp(seconds: manual.now + 3600)
        #expect(try await exchange.token(for: key) == BearerToken("one", expiration: end, serviceInstanceID: "crn"))
        #expect(try await exchange.token(for: key) == BearerToken("two", expiration: end, serviceInstanceID: "crn"))
        let full = APIKey("APIKEY", authEndpoint: "\(server.base)/identity/token")
        #expect(try await exchange.token(for: full).token == "one")
        let error = await #expect(throws: CredentialsError.self) { try await exchange.token(for: APIKey("WRONGKEY")) }
        #expect(error?.description.contains("BXNIM0415E") == true && error?.description.contains("WRONGKEY") == false)
        #expect(server.requests.count == 4, "a refusal is not tried again")
        var dumped = ""
        dump(exchange, to: &dumped)
        #expect(!dumped.contains("APIKEY") && !dumped.contains("\"rt\""))
    }

    @Test func iamThatFailsIsAskedThreeTimes() async throws {
        let server = try LoopbackServer { _ in Answer(status: 500, body: "garbage") }
        defer { server.stop() }
        let exchange = IBMTokenExchange(http: http, base: server.base, time: manual.time)
        await #expect(throws: CredentialsError.self) { try await exchange.token(for: APIKey("k")) }
        #expect(server.requests.count == 3 && manual.sleeps == [.seconds(1), .seconds(1)])
        await #expect(throws: CredentialsError.self) { try await exchange.token(for: APIKey("k", authEndpoint: "http://192.0.2.1")) }
    }
}
