/// Where the services are that the standard chains ask; tests have them on this machine.
package struct CredentialsEndpoints: Sendable {
    package var huaweiMetadata = "http://169.254.169.254"
    package var huaweiIAM = "https://iam.myhuaweicloud.com"
    package var ibmIAM = "https://iam.cloud.ibm.com"
    package var container = "http://169.254.170.2"
    /// Nil for that of the region, or `AWS_ENDPOINT_URL_STS`.
    package var sts: String?

    package init() {}

    /// Those that variables of Windlass's own move: `HUAWEI_CLOUD_METADATA_ENDPOINT` and `HUAWEI_CLOUD_IAM_ENDPOINT`.
    package init(environment: [String: String]) {
        if let base = environment["HUAWEI_CLOUD_METADATA_ENDPOINT"]?.nonEmpty { huaweiMetadata = base }
        if let base = environment["HUAWEI_CLOUD_IAM_ENDPOINT"]?.nonEmpty { huaweiIAM = base }
    }
}

extension CredentialsChain {
    /// Windlass's own credentials file: `WINDLASS_CREDENTIALS_FILE`, or `windlass/credentials` in the folder for settings.
    package struct OwnFile: Sendable {
        package var path: String
        package var section: String
        /// Named by the user: then it must exist, and comes before everything else.
        package var isExplicit: Bool

        package init(path: String, section: String = "default", isExplicit: Bool = true) {
            self.path = path
            self.section = section
            self.isExplicit = isExplicit
        }

        package init(environment: [String: String], section: String = "default") {
            let settings = environment["XDG_CONFIG_HOME"]?.nonEmpty ?? "\(environment["HOME"] ?? "")/.config"
            let named = environment["WINDLASS_CREDENTIALS_FILE"]?.nonEmpty
            self.init(path: named ?? "\(settings)/windlass/credentials", section: section, isExplicit: named != nil)
        }
    }

    /// The places where the tools of the dialect's vendor look, in their order, and Windlass's own file.
    ///
    /// An explicit own file comes first, otherwise it comes after the environment. A profile named by `AWS_PROFILE` comes before
    /// what it replaces; one named by `profile` does so in every dialect, and takes the variable's place. Without `http`, services are not asked;
    /// without `signer`, no roles are assumed. `bucket` is the one that will be used, for files with keys of their own for some.
    package static func standard(
        dialect: CredentialsDialect = .s3, environment: [String: String], profile: String? = nil, bucket: String? = nil,
        http: (any CredentialsHTTP)? = nil, signer: (any CredentialsSigner)? = nil, ownFile: OwnFile? = nil, endpoints: CredentialsEndpoints? = nil,
        time: CredentialsTime = .system,
        report: @escaping @Sendable (CredentialsError) -> Void = { _ in }
    ) -> CredentialsChain {
        let environment = profile.map { name in environment.merging(["AWS_PROFILE": name]) { $1 } } ?? environment
        let file = ownFile ?? OwnFile(environment: environment)
        var places = Places(
            environment: environment, dialect: dialect, http: http, endpoints: endpoints ?? CredentialsEndpoints(environment: environment), time: time
        )
        places.isProfileNamed = profile != nil
        places.bucket = bucket
        places.signer = signer
        let own = WindlassFileProvider(path: file.path, section: file.section, isExplicit: file.isExplicit, exchange: places.exchange)
        return CredentialsChain(file.isExplicit ? [own] + places.all(own: nil) : places.all(own: own), time: time, report: report)
    }
}

/// The providers of each dialect, in order.
private struct Places {
    let environment: [String: String]
    let dialect: CredentialsDialect
    let http: (any CredentialsHTTP)?
    let endpoints: CredentialsEndpoints
    let time: CredentialsTime
    let exchange: IBMTokenExchange?
    /// By the user of this program, not by a variable that may be meant for others.
    var isProfileNamed = false
    var bucket: String?
    var signer: (any CredentialsSigner)?

    init(
        environment: [String: String], dialect: CredentialsDialect, http: (any CredentialsHTTP)?, endpoints: CredentialsEndpoints,
        time: CredentialsTime
    ) {
        self.environment = environment
        self.dialect = dialect
        self.http = http
        self.endpoints = endpoints
        self.time = time
        exchange = dialect == .cos ? http.map { IBMTokenExchange(http: $0, base: endpoints.ibmIAM, time: time) } : nil
    }

    func all(own: WindlassFileProvider?) -> [any CredentialsProvider] {
        let own: [any CredentialsProvider] = own.map { [$0] } ?? []
        switch dialect {
        case .obs: return isProfileNamed ? [shared] + own : [variables] + own + obsutil + passwords + huaweiServices
        case .oos: return profile.isExplicit ? [shared] + own : [variables] + own + [shared] + passwords
        case .s3: return (profile.isExplicit ? own : [variables] + own) + identities + [shared] + passwords + services
        case .cos: return (profile.isExplicit ? own : [variables] + bluemix + own) + [shared] + passwords + services
        }
    }

    private var profile: SharedProfile { SharedProfile(environment: environment) }

    private var variables: any CredentialsProvider { EnvironmentProvider(environment, dialect: dialect, exchange: exchange) }

    private var bluemix: [any CredentialsProvider] { [BluemixFileProvider(environment: environment, exchange: exchange)] }

    private var shared: any CredentialsProvider { SharedProfileProvider(profile, environment: environment, exchange: exchange) }

    /// Roles and logins, which come before keys: a profile with both means those.
    private var identities: [any CredentialsProvider] {
        guard let http else { return [] }
        let access = ServiceAccess(http: http, signer: signer, endpoints: endpoints, time: time)
        return Array(access.providers(of: environment, path: []).dropLast())
    }

    private var obsutil: [any CredentialsProvider] { [ObsutilFileProvider(path: "\(environment["HOME"] ?? "")/.obsutilconfig")] }

    /// What s3fs and obsfs use, unless a profile is wanted.
    private var passwords: [any CredentialsProvider] {
        if profile.isExplicit && dialect != .obs { return [] }
        let system = dialect == .obs ? ["/etc/passwd-obsfs", "/etc/passwd-s3fs"] : ["/etc/passwd-s3fs"]
        return [PasswordFileProvider(path: "\(environment["HOME"] ?? "")/.passwd-s3fs", bucket: bucket)]
            + system.map { PasswordFileProvider(path: $0, bucket: bucket, isOfSystem: true) }
    }

    private var services: [any CredentialsProvider] {
        guard let http else { return [] }
        return [
            ContainerProvider(environment: environment, http: http, base: endpoints.container, time: time),
            InstanceMetadataProvider(environment: environment, http: http, time: time),
        ]
    }

    private var huaweiServices: [any CredentialsProvider] {
        guard let http else { return [] }
        return [
            HuaweiAgencyProvider(http: http, base: endpoints.huaweiMetadata, time: time),
            HuaweiIdentityProvider(environment: environment, http: http, base: endpoints.huaweiIAM, time: time),
        ]
    }
}
