/// Where the services are that the standard chains ask; tests have them on this machine.
package struct CredentialsEndpoints: Sendable {
    package var huaweiMetadata = "http://169.254.169.254"
    package var huaweiIAM = "https://iam.myhuaweicloud.com"
    package var ibmIAM = "https://iam.cloud.ibm.com"
    package var container = "http://169.254.170.2"
    /// Nil for that of the region, or `AWS_ENDPOINT_URL_STS`.
    package var sts: String?

    package init() {}
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
    /// what it replaces. Without `http`, services are not asked.
    package static func standard(
        dialect: CredentialsDialect = .s3, environment: [String: String], http: (any CredentialsHTTP)? = nil, ownFile: OwnFile? = nil,
        endpoints: CredentialsEndpoints = CredentialsEndpoints(), time: CredentialsTime = .system,
        report: @escaping @Sendable (CredentialsError) -> Void = { _ in }
    ) -> CredentialsChain {
        let file = ownFile ?? OwnFile(environment: environment)
        let places = Places(environment: environment, dialect: dialect, http: http, endpoints: endpoints, time: time)
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
        case .obs: return [variables] + own + huaweiServices
        case .oos: return profile.isExplicit ? [shared] + own : [variables] + own + [shared]
        case .s3: return (profile.isExplicit ? own : [variables] + own) + webIdentity + [shared] + services
        case .cos: return (profile.isExplicit ? own : [variables] + bluemix + own) + [shared] + services
        }
    }

    private var profile: SharedProfile { SharedProfile(environment: environment) }

    private var variables: any CredentialsProvider { EnvironmentProvider(environment, dialect: dialect, exchange: exchange) }

    private var bluemix: [any CredentialsProvider] { [BluemixFileProvider(environment: environment, exchange: exchange)] }

    private var shared: any CredentialsProvider { SharedProfileProvider(profile, environment: environment, exchange: exchange) }

    private var webIdentity: [any CredentialsProvider] {
        guard let http else { return [] }
        return [WebIdentityProvider(environment: environment, http: http, base: endpoints.sts, time: time)]
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
