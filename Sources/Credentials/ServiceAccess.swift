/// What providers need that follow a profile from service to service.
struct ServiceAccess: Sendable {
    let http: any CredentialsHTTP
    /// Without it no role is assumed.
    let signer: (any CredentialsSigner)?
    let endpoints: CredentialsEndpoints
    let time: CredentialsTime

    /// Everything that a profile of `environment` may lead to, in botocore's order, but for an IBM API key.
    ///
    /// `path` names the profiles that led here, so that a circle among them is noticed.
    func providers(of environment: [String: String], path: [String]) -> [any CredentialsProvider] {
        [
            AssumedRoleProvider(environment: environment, access: self, path: path),
            WebIdentityProvider(environment: environment, http: http, base: endpoints.sts, time: time),
            SingleSignOnProvider(environment: environment, http: http, time: time),
            SharedProfileProvider(SharedProfile(environment: environment), environment: environment),
        ]
    }
}
