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

    package var files: [String] { [credentialsFile, configFile] }

    /// A setting of this profile; `~/.aws/credentials` wins over `~/.aws/config`. Blocks on the disk.
    package func setting(_ name: String) throws(CredentialsError) -> String? {
        try settings()?[name]
    }

    /// All settings of this profile, nil when neither file has it. Blocks on the disk.
    package func settings() throws(CredentialsError) -> [String: String]? {
        try layers()?.merged
    }

    /// The settings of each file.
    struct Layers: Sendable {
        var credentials: [String: String]
        var config: [String: String]
        /// Of each `[sso-session ...]` by its name.
        var sessions: [String: [String: String]]

        var merged: [String: String] { config.merging(credentials) { $1 } }
    }

    func layers() throws(CredentialsError) -> Layers? {
        let credentials = try Self.read(credentialsFile)?.sections[profile]
        let config = try Self.read(configFile)?.sections
        let configured = config?["profile \(profile)"] ?? (profile == "default" ? config?["default"] : nil)
        guard credentials != nil || configured != nil else { return nil }
        let prefix = "sso-session "
        let sessions = (config ?? [:]).filter { $0.key.hasPrefix(prefix) }.map { (String($0.key.dropFirst(prefix.count)), $0.value) }
        return Layers(credentials: credentials ?? [:], config: configured ?? [:], sessions: Dictionary(sessions) { first, _ in first })
    }

    /// As `layers`, on a thread that may block. A profile asked for by name must exist.
    func load() async throws(CredentialsError) -> Layers? {
        let layers = try await BlockingCall.run("reading the AWS profile files", limit: .seconds(10)) {
            Result<Layers?, CredentialsError> { () throws(CredentialsError) in try self.layers() }
        }
        if layers == nil, isExplicit {
            throw CredentialsError("there is no profile \(profile) in ~/.aws/credentials or ~/.aws/config; add it, or unset AWS_PROFILE")
        }
        return layers
    }

    private static func read(_ path: String) throws(CredentialsError) -> ProfileFile? {
        try SmallFile.read(path).map { ProfileFile($0) }
    }
}
