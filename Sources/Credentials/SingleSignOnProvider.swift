internal import Crypto
internal import FileSystemTypes
internal import Foundation

/// A role of IAM Identity Center, with the token that `aws sso login` has left in `~/.aws/sso/cache`.
///
/// The token is read anew each time and never renewed from here. Source: "IAM Identity Center credential provider", AWS SDKs and Tools
/// Reference Guide; "GetRoleCredentials", IAM Identity Center Portal API Reference.
package struct SingleSignOnProvider: CredentialsProvider {
    private struct Token: Decodable {
        let accessToken: String
        let expiresAt: String
    }

    private struct Answer: Decodable {
        struct Keys: Decodable {
            let accessKeyId: String
            let secretAccessKey: String
            let sessionToken: String
            /// In milliseconds since 1970.
            let expiration: Int64
        }

        let roleCredentials: Keys
    }

    private struct Login {
        let region: String
        /// What the name of the token's file is made from.
        let cacheKey: String
    }

    private let environment: Variables
    private let profile: SharedProfile
    private let time: CredentialsTime
    private let call: ServiceCall

    package init(environment: [String: String], http: any CredentialsHTTP, time: CredentialsTime = .system) {
        self.environment = Variables(environment)
        profile = SharedProfile(environment: environment)
        self.time = time
        call = ServiceCall(http: http, time: time, timeout: .seconds(5), attempts: 3, pause: .milliseconds(100), doubles: true)
    }

    package var name: String { "single sign-on of profile \(profile.profile)" }
    package var watchedFiles: [String] { profile.files }

    package func authority() async throws(CredentialsError) -> Authority? {
        guard let layers = try await profile.load(), let login = try login(layers) else { return nil }
        let settings = layers.merged
        guard let account = settings["sso_account_id"]?.nonEmpty, let role = settings["sso_role_name"]?.nonEmpty else {
            throw CredentialsError("\(name) needs sso_account_id and sso_role_name; add them")
        }
        let token = try await token(login)
        let base = environment["AWS_ENDPOINT_URL_SSO"] ?? "https://portal.sso.\(login.region).amazonaws.com"
        guard ServiceAddress.isPrivate(base) else { throw CredentialsError("\(name): \(base) would be asked without TLS; name an https address") }
        let query = "role_name=\(FormBody.percentEncoded(role))&account_id=\(FormBody.percentEncoded(account))"
        let header = (name: "x-amz-sso_bearer_token", value: token)
        let answer = try await call.send("GET", "\(base)/federation/credentials?\(query)", headers: [header])
        guard answer.status == 200 else {
            let advice = answer.status == 401 ? "log in again: aws sso login" : "check sso_account_id and sso_role_name"
            throw CredentialsError("\(name): \(base) answered \(answer.status); \(advice)")
        }
        return .keys(try Self.parse(answer.body, from: name).onOurClock(answer, time))
    }

    package static func parse(_ body: [UInt8], from source: String) throws(CredentialsError) -> Credentials {
        let keys = try JSONAnswer.decode(Answer.self, body, from: source).roleCredentials
        let end = Timestamp(seconds: keys.expiration / 1000)
        return try Credentials(from: source, id: keys.accessKeyId, secret: keys.secretAccessKey, token: keys.sessionToken, expiration: end)
    }

    private func login(_ layers: SharedProfile.Layers) throws(CredentialsError) -> Login? {
        var settings = layers.merged
        let session = settings["sso_session"]?.nonEmpty
        if let session {
            guard let shared = layers.sessions[session] else {
                throw CredentialsError("\(name): there is no [sso-session \(session)] in ~/.aws/config; add it")
            }
            settings.merge(shared) { $1 }
        }
        guard let url = settings["sso_start_url"]?.nonEmpty else {
            if session != nil { throw CredentialsError("\(name): [sso-session \(session ?? "")] has no sso_start_url; add it") }
            return nil
        }
        guard let region = settings["sso_region"]?.nonEmpty, region.utf8.allSatisfy({ $0 == 0x2d || ($0 | 0x20).isLetterOrDigit }) else {
            throw CredentialsError("\(name) needs sso_region; add it")
        }
        return Login(region: region, cacheKey: session ?? url)
    }

    private func token(_ login: Login) async throws(CredentialsError) -> String {
        let digest = Insecure.SHA1.hash(data: Array(login.cacheKey.utf8)).map { $0 < 16 ? "0\(String($0, radix: 16))" : String($0, radix: 16) }
        let path = "\(environment["HOME"] ?? "")/.aws/sso/cache/\(digest.joined()).json"
        guard let text = try await SmallFile.load(path) else { throw CredentialsError("\(name): nobody is logged in; run: aws sso login") }
        let token = try JSONAnswer.decode(Token.self, Array(text.utf8), from: path)
        let moment = token.expiresAt.hasSuffix("UTC") ? token.expiresAt.dropLast(3) + "Z" : token.expiresAt
        guard try Timestamp(expiration: moment, from: path) > time.now() else {
            throw CredentialsError("\(name): the login has ended; run: aws sso login")
        }
        guard token.accessToken.isHeaderText else { throw CredentialsError("\(path) holds no token; run: aws sso login") }
        return token.accessToken
    }
}

extension UInt8 {
    fileprivate var isLetterOrDigit: Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self)
    }
}
