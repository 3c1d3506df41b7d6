package import FileSystemTypes

/// Signs the requests of providers that exchange keys for other keys.
package protocol CredentialsSigner: Sendable {
    /// `request` with the headers of AWS Signature Version 4 added, for a service of AWS in a region.
    func signed(_ request: CredentialsRequest, with keys: Credentials, service: String, region: String, at moment: Timestamp) -> CredentialsRequest
}
