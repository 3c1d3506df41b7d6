import Credentials
import FileSystemTypes
import Foundation
import Synchronization
import TestSupport
import Testing

/// Whatever the services that give keys answer, step by step: asking them ends, in credentials that can stand in a header or an error.
@Suite(.timeLimit(.minutes(30))) struct ServiceFuzzTests {
    /// Gives the answers of a script one after the other; the last again and again.
    ///
    /// An answer is its status, header lines, an empty line and its body; answers are separated by a line of dashes.
    private final class Script: CredentialsHTTP {
        private let answers: [CredentialsResponse]
        private let next = Mutex(0)

        init(_ bytes: [UInt8]) {
            let dashes = Array("\n----\n".utf8)
            answers = bytes.split(separator: dashes).map { Self.answer(Array($0)) }
        }

        private static func answer(_ bytes: [UInt8]) -> CredentialsResponse {
            let end = bytes.firstRange(of: Array("\n\n".utf8))
            let head = String(decoding: bytes[..<(end?.lowerBound ?? bytes.count)], as: UTF8.self).split(separator: "\n")
            let fields = head.dropFirst().map { $0.split(separator: ":", maxSplits: 1) }.filter { $0.count == 2 }
            let headers = Dictionary(fields.map { (String($0[0]), String($0[1].drop { $0 == " " })) }) { first, _ in first }
            let status = head.first.flatMap { Int($0) } ?? 200
            return CredentialsResponse(status: status, headers: headers, body: end.map { Array(bytes[$0.upperBound...]) } ?? [])
        }

        func send(_ request: CredentialsRequest) async throws(CredentialsError) -> CredentialsResponse {
            guard request.headers.allSatisfy({ $0.value.utf8.allSatisfy { $0 >= 32 && $0 != 127 } }), !request.url.contains("\n") else {
                Issue.record("a header or an address that is several: \(request)")
                throw CredentialsError("no such request")
            }
            guard !answers.isEmpty else { throw CredentialsError("no answer") }
            return next.withLock { next in
                defer { next += 1 }
                return answers[min(next, answers.count - 1)]
            }
        }
    }

    private struct NoSignature: CredentialsSigner {
        func signed(
            _ request: CredentialsRequest, with keys: Credentials, service: String, region: String, at moment: Timestamp
        ) -> CredentialsRequest { request }
    }

    struct Service: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var dialect = CredentialsDialect.s3
        var environment: [String: String]
        var files: [String: String] = [:]
        let answers: [String]
    }

    private static let date = "Date: Thu, 28 May 2026 20:26:40 GMT\n"
    // Secrets of several words: a mutation moves one word to where a service would have its code or a name, which may be shown.
    private static let keys =
        #"{"Code":"Success","AccessKeyId":"AKID","SecretAccessKey":"s3/cr+et","Token":"t0/k+en","Expiration":"2026-08-14T10:00:00Z"}"#
    private static let xml =
        "<R><Credentials><AccessKeyId>AKID</AccessKeyId><SecretAccessKey>s3/cr+et</SecretAccessKey><SessionToken>t0/k+en</SessionToken>"
        + "<Expiration>2026-08-14T10:00:00Z</Expiration></Credentials></R>"
    private static let huawei =
        #"{"credential":{"access":"AKID","secret":"s3/cr+et","securitytoken":"t0/k+en","expires_at":"2026-08-14T10:00:00.000000Z"}}"#
    private static let token =
        #"{"access_token":"t0/k+en","refresh_token":"s3/cr+et","token_type":"Bearer","expires_in":3600,"expiration":1780003600}"#
    private static let login =
        #"{"roleCredentials":{"accessKeyId":"AKID","secretAccessKey":"s3/cr+et","sessionToken":"t0/k+en","expiration":1780003600000}}"#
    private static let loginFile = #"{"accessToken":"t0/k+en","expiresAt":"2027-08-14T10:00:00Z"}"#

    private static let services = [
        Service(
            testDescription: "EC2 metadata", environment: ["AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:1"],
            answers: ["200\n\nt0/k+en\n----\n200\n\nmy-role\n\n----\n200\n\(date)\n\(keys)", "404\n\n\n----\n200\n\nr\n----\n200\n\n\(keys)"]),
        Service(
            testDescription: "container", environment: ["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:1/x"],
            answers: ["200\n\(date)\n\(keys)", "500\n\n\n----\n200\n\n\(keys)"]),
        Service(
            testDescription: "web identity",
            environment: ["AWS_WEB_IDENTITY_TOKEN_FILE": "HOME/token", "AWS_ROLE_ARN": "arn:r", "AWS_ENDPOINT_URL_STS": "http://127.0.0.1:1"],
            files: ["token": "t0/k+en"],
            answers: ["200\n\(date)\n\(xml)", "403\n\n<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>"]),
        Service(
            testDescription: "a role", environment: ["AWS_ENDPOINT_URL_STS": "http://127.0.0.1:1"],
            files: [
                ".aws/credentials": "[base]\naws_access_key_id=BASE\naws_secret_access_key=s3/cr+et\n",
                ".aws/config": "[default]\nrole_arn=arn:x/y\nsource_profile=base\nregion=eu-west-1\n",
            ], answers: ["200\n\(date)\n\(xml)"]),
        Service(
            testDescription: "single sign-on", environment: ["AWS_ENDPOINT_URL_SSO": "http://127.0.0.1:1"],
            files: [
                ".aws/config":
                    "[default]\nsso_session=s\nsso_account_id=42\nsso_role_name=r\n[sso-session s]\nsso_start_url=https://x\nsso_region=eu-west-1\n",
                ".aws/sso/cache/a0f1490a20d0211c997b44bc357e1972deab8ae3.json": loginFile,
            ], answers: ["200\n\(date)\n\(login)"]),
        Service(
            testDescription: "ECS agency", dialect: .obs, environment: ["HUAWEI_CLOUD_METADATA_ENDPOINT": "http://127.0.0.1:1"],
            answers: ["200\n\nt0/k+en\n----\n200\n\(date)\n\(huawei)", "404\n\n\n----\n200\n\n\(huawei)"]),
        Service(
            testDescription: "OIDC identity", dialect: .obs,
            environment: [
                "HUAWEI_CLOUD_IDP_ID": "p", "OIDC_TOKEN_FILE": "HOME/token", "HUAWEI_CLOUD_IAM_ENDPOINT": "http://127.0.0.1:1",
                "HUAWEI_CLOUD_METADATA_ENDPOINT": "http://127.0.0.1:1",
            ], files: ["token": "t0/k+en"],
            // The agency, which is asked first, is not there.
            answers: [
                "404\n\n\n----\n404\n\n\n----\n201\nX-Subject-Token: t0/k+en\n\n{}\n----\n201\n\(date)\n\(huawei)",
                "404\n\n\n----\n404\n\n\n----\n401\n\n{\"error\":{\"code\":\"IAM.1\"}}",
            ]),
        Service(
            testDescription: "IBM's identity service", dialect: .cos,
            environment: ["IBM_API_KEY_ID": "s3/cr+et", "IBM_AUTH_ENDPOINT": "http://127.0.0.1:1", "IBM_SERVICE_INSTANCE_ID": "crn"],
            answers: ["200\n\(date)\n\(token)", "400\n\n{\"errorCode\":\"BXNIM0415E\"}\n----\n200\n\n\(token)"]),
    ]

    private static func chain(_ service: Service, _ home: String, _ script: Script) -> CredentialsChain {
        var environment = service.environment.mapValues { $0.replacing("HOME", with: home) }
        environment["HOME"] = home
        return .standard(
            dialect: service.dialect, environment: environment, http: script, signer: NoSignature(), time: ManualTime().time)
    }

    @Test(arguments: services) func asksServicesThatAnswerAnything(service: Service) async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        for (name, text) in service.files { try scratch.write(name, text) }
        let home = scratch.path
        _ = try await Self.chain(service, home, Script(Array(service.answers[0].utf8))).authority()
        let run = FuzzRun(service.testDescription, count: 1500)
        let outcome = try await run(service.answers.map { Array($0.utf8) }) { bytes in
            let chain = Self.chain(service, home, Script(bytes))
            do {
                for part in Self.parts(try await chain.authority()) {
                    #expect(!part.isEmpty && part.utf8.allSatisfy { (0x21...0x7e).contains($0) }, "\(part.debugDescription)")
                }
            } catch {
                let text = "\(error)"
                #expect(!text.contains("s3/cr+et") && !text.contains("t0/k+en") && !text.contains("\n"), "\(text.debugDescription)")
                throw error
            }
        }
        #expect(outcome.accepted > 0 && outcome.refused > 100, "\(outcome)")
    }

    /// What will stand in headers.
    private static func parts(_ authority: Authority) -> [String] {
        switch authority {
        case .keys(let keys): [keys.accessKeyID, keys.secretAccessKey] + (keys.sessionToken.map { [$0] } ?? [])
        case .bearer(let token): [token.token]
        case .anonymous: []
        }
    }

    @Test func readsFilesThatSayAnything() async throws {
        let texts = [
            "[default]\naws_access_key_id = AKIA\naws_secret_access_key = s3/cr+et # no\n[p]\nrole_arn=x\n\ts3 =\n  nested = 1\n",
            "# for s3fs\nAKIA:s3/cr+et\nphotos:AKPH:s3/cr+et\r\n", "endpoint=https://e\nak=AK\nsk=s3/cr+et==\ntoken=t0/k+en\n",
        ]
        let run = FuzzRun("files with settings", count: 30_000)
        _ = try await run(texts.map { Array($0.utf8) }) { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            _ = ProfileFile(text)
            _ = CommandLineWords.split(text)
            for bucket in [nil, "photos"] { _ = try? PasswordFileProvider.parse(text, bucket: bucket, from: "test") }
            _ = try? ObsutilFileProvider.parse(text, from: "test")
        }
    }

    @Test func readsAnswersThatSayAnything() async throws {
        let texts = [Self.keys, Self.xml, Self.huawei, Self.login, Self.token]
        let run = FuzzRun("answers with keys", count: 20_000)
        _ = try await run(texts.map { Array($0.utf8) }) { bytes in
            _ = ElementTexts(bytes)
            _ = try? ServiceKeys.parse(bytes, from: "test")
            _ = try? HuaweiKeys.parse(bytes, from: "test")
            _ = try? SecurityTokenAnswer.parse(bytes, from: "test")
            _ = try? CredentialProcess.parse(bytes)
            _ = try? SingleSignOnProvider.parse(bytes, from: "test")
        }
    }
}
