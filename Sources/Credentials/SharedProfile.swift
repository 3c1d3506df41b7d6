internal import Foundation

/// One profile of the files that the AWS tools share: `~/.aws/credentials` and `~/.aws/config`.
///
/// `AWS_PROFILE` (or `AWS_DEFAULT_PROFILE`) names the profile, `AWS_SHARED_CREDENTIALS_FILE` and `AWS_CONFIG_FILE` move the files.
/// The files are read again at each call, so that new keys are seen without a restart.
package struct SharedProfile: Sendable {
    package let profile: String
    /// Whether the user asked for this profile by name: then it must exist.
    package let isExplicit: Bool
    private let credentialsFile: String
    private let configFile: String

    package init(environment: [String: String]) {
        let named = environment["AWS_PROFILE"] ?? environment["AWS_DEFAULT_PROFILE"]
        profile = named ?? "default"
        isExplicit = named != nil
        let home = environment["HOME"] ?? "/"
        credentialsFile = environment["AWS_SHARED_CREDENTIALS_FILE"] ?? "\(home)/.aws/credentials"
        configFile = environment["AWS_CONFIG_FILE"] ?? "\(home)/.aws/config"
    }

    /// A setting of this profile; `~/.aws/credentials` wins over `~/.aws/config`.
    package func setting(_ name: String) throws(CredentialsError) -> String? {
        try settings()?[name]
    }

    /// All settings of this profile, nil when neither file has it.
    package func settings() throws(CredentialsError) -> [String: String]? {
        let credentials = try Self.read(credentialsFile)?.sections[profile]
        let config = try Self.read(configFile)?.sections
        let configured = config?["profile \(profile)"] ?? (profile == "default" ? config?["default"] : nil)
        guard credentials != nil || configured != nil else { return nil }
        return (configured ?? [:]).merging(credentials ?? [:]) { $1 }
    }

    private static func read(_ path: String) throws(CredentialsError) -> ProfileFile? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CredentialsError("cannot read \(path); check its permissions")
        }
        return ProfileFile(String(decoding: data, as: UTF8.self))
    }
}

/// The keys of a `SharedProfile`.
package struct SharedProfileProvider: CredentialsProvider {
    private let profile: SharedProfile

    package init(_ profile: SharedProfile) {
        self.profile = profile
    }

    package var name: String { "profile \(profile.profile)" }

    package func credentials() async throws(CredentialsError) -> Credentials? {
        guard let settings = try profile.settings() else {
            if profile.isExplicit { throw CredentialsError("there is no profile \(profile.profile) in ~/.aws/credentials or ~/.aws/config") }
            return nil
        }
        guard let id = settings["aws_access_key_id"] else { return nil }
        guard let secret = settings["aws_secret_access_key"] else {
            throw CredentialsError("profile \(profile.profile) has aws_access_key_id but no aws_secret_access_key")
        }
        return Credentials(accessKeyID: id, secretAccessKey: secret, sessionToken: settings["aws_session_token"])
    }
}
