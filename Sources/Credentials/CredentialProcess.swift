internal import FileSystemTypes
internal import Foundation

/// A program that prints credentials: the setting `credential_process`.
///
/// It runs without a shell, with nothing on its standard input; what it writes to standard error goes where ours does.
/// Source: "Sourcing credentials with an external process", AWS SDKs and Tools Reference Guide.
package struct CredentialProcess: Sendable {
    let command: String
    let environment: [String: String]
    let limit: Duration

    private static let name = "credential_process"

    private struct Output: Decodable {
        let version: Int
        let accessKeyID: String
        let secretAccessKey: String
        let sessionToken: String?
        let expiration: String?

        enum CodingKeys: String, CodingKey {
            case version = "Version"
            case accessKeyID = "AccessKeyId"
            case secretAccessKey = "SecretAccessKey"
            case sessionToken = "SessionToken"
            case expiration = "Expiration"
        }
    }

    func credentials() async throws(CredentialsError) -> Credentials {
        guard let words = CommandLineWords.split(command), !words.isEmpty else {
            throw CredentialsError("the command of credential_process cannot be split into words; check its quotes")
        }
        let (environment, limit) = (environment, limit)
        let output = try await BlockingCall.run("credential_process", limit: limit + .seconds(5)) {
            Result { () throws(CredentialsError) in
                try ChildProcess(words: words, environment: environment).output(limit: limit)
            }
        }
        return try Self.parse(output)
    }

    package static func parse(_ output: [UInt8]) throws(CredentialsError) -> Credentials {
        let found = try JSONAnswer.decode(Output.self, output, from: name)
        guard found.version == 1 else {
            throw CredentialsError("credential_process printed Version \(found.version), but only 1 is known; see its manual")
        }
        let end = try found.expiration?.nonEmpty.map { text throws(CredentialsError) in try Timestamp(expiration: text, from: name) }
        return try Credentials(
            from: name, id: found.accessKeyID, secret: found.secretAccessKey, token: found.sessionToken, expiration: end)
    }
}
