internal import FileSystemTypes

/// A role that a profile names with `role_arn`, assumed with the keys of its `source_profile` or `credential_source`: AssumeRole.
///
/// Source: "Assume role credential provider", AWS SDKs and Tools Reference Guide; "AssumeRole", AWS STS API Reference.
struct AssumedRoleProvider: CredentialsProvider {
    private let environment: Variables
    private let profile: SharedProfile
    private let access: ServiceAccess
    private let path: [String]
    private let call: ServiceCall

    /// More roles than this one after the other are a mistake.
    private static let longestPath = 5

    init(environment: [String: String], access: ServiceAccess, path: [String] = []) {
        self.environment = Variables(environment)
        profile = SharedProfile(environment: environment)
        self.access = access
        self.path = path
        call = ServiceCall(
            http: access.http, time: access.time, timeout: .seconds(5), attempts: 3, pause: .milliseconds(100), doubles: true)
    }

    var name: String { "role of profile \(profile.profile)" }
    var watchedFiles: [String] { profile.files }

    func authority() async throws(CredentialsError) -> Authority? {
        guard let settings = try await profile.load()?.merged, let role = settings["role_arn"]?.nonEmpty else { return nil }
        // That is the way of another provider.
        if settings["web_identity_token_file"]?.nonEmpty != nil { return nil }
        if settings["mfa_serial"]?.nonEmpty != nil {
            throw CredentialsError(
                "\(name) asks for a code (mfa_serial), which a mount cannot type; let credential_process run: aws configure export-credentials --format process"
            )
        }
        guard let signer = access.signer else { throw CredentialsError("\(name) cannot be assumed here; use credential_process") }
        let keys = try await sourceKeys(settings)
        let now = access.time.now()
        let region = environment["AWS_REGION"] ?? environment["AWS_DEFAULT_REGION"] ?? settings["region"]?.nonEmpty
        let base = access.endpoints.sts ?? environment["AWS_ENDPOINT_URL_STS"] ?? ServiceAddress.tokenService(region: region)
        guard ServiceAddress.isPrivate(base) else { throw CredentialsError("\(name): \(base) would be asked without TLS; name an https address") }
        let request = CredentialsRequest(
            "POST", base.hasSuffix("/") ? base : base + "/", headers: [(name: "Content-Type", value: "application/x-www-form-urlencoded")],
            body: try form(role, settings, now), timeout: .seconds(5))
        let signed = signer.signed(request, with: keys, service: "sts", region: region ?? "us-east-1", at: now)
        let answer = try await call.send(signed.method, signed.url, headers: signed.headers, body: signed.body)
        guard answer.status == 200 else {
            let code = SecurityTokenAnswer.errorCode(answer.body)
            throw CredentialsError("\(name): \(base) answered \(answer.status)\(code); check that its source may assume \(role)")
        }
        return .keys(try SecurityTokenAnswer.parse(answer.body, from: name).onOurClock(answer, access.time))
    }

    private func form(_ role: String, _ settings: [String: String], _ now: Timestamp) throws(CredentialsError) -> [UInt8] {
        var fields = [
            (name: "Action", value: "AssumeRole"), (name: "Version", value: "2011-06-15"), (name: "RoleArn", value: role),
            (name: "RoleSessionName", value: settings["role_session_name"]?.nonEmpty ?? "windlass-\(now.seconds)"),
        ]
        if let id = settings["external_id"]?.nonEmpty { fields.append((name: "ExternalId", value: id)) }
        if let text = settings["duration_seconds"]?.nonEmpty {
            guard let seconds = Int(text), (900...43_200).contains(seconds) else {
                throw CredentialsError("\(name): duration_seconds is 900 to 43200; correct it")
            }
            fields.append((name: "DurationSeconds", value: "\(seconds)"))
        }
        return FormBody.encode(fields)
    }

    private func sourceKeys(_ settings: [String: String]) async throws(CredentialsError) -> Credentials {
        for provider in try sources(settings) {
            if let authority = try await provider.authority() { return try authority.keys(from: provider.name) }
        }
        throw CredentialsError("\(name): its source has no credentials; add them there, or correct source_profile or credential_source")
    }

    private func sources(_ settings: [String: String]) throws(CredentialsError) -> [any CredentialsProvider] {
        switch (settings["source_profile"]?.nonEmpty, settings["credential_source"]?.nonEmpty) {
        case (let source?, nil): return try sources(profile: source)
        case (nil, "Environment"): return [EnvironmentProvider(environment.values)]
        case (nil, "Ec2InstanceMetadata"):
            return [InstanceMetadataProvider(environment: environment.values, http: access.http, time: access.time)]
        case (nil, "EcsContainer"):
            return [
                ContainerProvider(
                    environment: environment.values, http: access.http, base: access.endpoints.container, time: access.time)
            ]
        case (nil, _): throw CredentialsError("\(name) needs source_profile, or credential_source with a known value; add one")
        default: throw CredentialsError("\(name) has both source_profile and credential_source; remove one")
        }
    }

    /// A profile that names itself means its own keys.
    private func sources(profile source: String) throws(CredentialsError) -> [any CredentialsProvider] {
        let named = environment.values.merging(["AWS_PROFILE": source]) { $1 }
        if source == profile.profile { return [SharedProfileProvider(SharedProfile(environment: named), environment: named)] }
        guard !path.contains(source), path.count < Self.longestPath else {
            throw CredentialsError("\(name): its source profiles lead in a circle or too far (\(source)); correct source_profile")
        }
        return access.providers(of: named, path: path + [profile.profile])
    }
}
