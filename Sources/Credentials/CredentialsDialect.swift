/// Whose sources of credentials, and in which order: each vendor's tools have their own.
package enum CredentialsDialect: String, CaseIterable, Sendable {
    /// AWS, MinIO, Ceph.
    case s3
    /// Huawei OBS.
    case obs
    /// IBM Cloud Object Storage.
    case cos
    /// China Telecom OOS.
    case oos
}
