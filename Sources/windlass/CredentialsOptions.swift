import ArgumentParser
import Credentials
import Foundation
import Logging
import RemoteStore

/// A credentials file of Windlass's own and one of its sections: `FILE` or `FILE:SECTION`.
struct CredentialsFile: ExpressibleByArgument {
    let path: String
    let section: String?

    /// What follows the last colon is a section unless it contains a slash.
    init?(argument: String) {
        guard !argument.isEmpty else { return nil }
        guard let colon = argument.lastIndex(of: ":"), !argument[colon...].contains("/") else {
            (path, section) = (argument, nil)
            return
        }
        (path, section) = (String(argument[..<colon]), String(argument[argument.index(after: colon)...]))
        guard !path.isEmpty, section?.isEmpty == false else { return nil }
    }
}

/// Whose right the store is used by. Only names of files and sections stand on the command line, which everyone on the machine can read.
struct CredentialsOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Credentials file that only you may read. Default: WINDLASS_CREDENTIALS_FILE, ~/.config/windlass/credentials.",
            valueName: "file[:section]"))
    var credentials: CredentialsFile?

    @Option(help: ArgumentHelp("Profile of ~/.aws/credentials and ~/.aws/config. Default: AWS_PROFILE.", valueName: "name"))
    var profile: String?

    @Flag(help: "Use no credentials: for buckets that are open to everyone.")
    var anonymous = false

    func validate() throws {
        guard [credentials != nil, profile != nil, anonymous].count(where: \.self) < 2 else {
            throw ValidationError("--credentials, --profile and --anonymous exclude each other")
        }
    }

    /// The variables that credentials and settings are looked for in: this process's, with the profile named.
    ///
    /// The names of files are absolute: a mount in the background changes its folder, and reads them again later.
    var environment: [String: String] {
        var environment = ProcessInfo.processInfo.environment
        for name in Self.fileVariables {
            if let path = environment[name], !path.isEmpty { environment[name] = Self.absolute(path) }
        }
        if let profile { environment["AWS_PROFILE"] = profile }
        return environment
    }

    /// The places where credentials are looked for, in their order. Failures that nobody sees because older credentials still serve are logged.
    ///
    /// `bucket` is the one to be used, where there is one.
    func chain(dialect: CredentialsDialect, bucket: String? = nil, transport: any CredentialsHTTP, logger: Logger) -> CredentialsChain {
        if anonymous { return CredentialsChain([AnonymousProvider()]) }
        let file = credentials.map { CredentialsChain.OwnFile(path: Self.absolute($0.path), section: $0.section ?? "default") }
        return .standard(
            dialect: dialect, environment: environment, profile: profile, bucket: bucket, http: transport, signer: ServiceSigner(), ownFile: file
        ) { error in
            logger.warning("credentials could not be renewed, those at hand are used for now: \(error)")
        }
    }

    private static let fileVariables = [
        "AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
        "COS_CREDENTIALS_FILE", "OIDC_TOKEN_FILE", "WINDLASS_CREDENTIALS_FILE",
    ]

    /// From the folder of this process; `~/` is the user's own.
    static func absolute(_ path: String) -> String {
        if path.hasPrefix("~/"), let home = ProcessInfo.processInfo.environment["HOME"] { return home + path.dropFirst() }
        return path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    }
}
