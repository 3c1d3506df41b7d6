import Credentials
import FileSystemTypes
import HTTPTransport
import ObjectStorage
import RemoteStore
import Signing

/// The buckets of an account on OBS; new ones are parallel file systems.
struct FileSystemBuckets: BucketService {
    let base: RemoteBuckets
    let endpoint: Endpoint
    let keys: Credentials

    /// Source: "Creating a Parallel File System", OBS API Reference.
    func createBucket(_ name: BucketName) async throws(StoreError) {
        let host = String(endpoint.description.dropFirst("http://".count))
        let request = SignableRequest(
            method: "PUT", host: host, path: "/\(name.text)", headers: [HeaderField("x-obs-fs-file-interface", "Enabled")])
        let signed = Authorization.v2(SignatureV2(.obs), keys).headers(for: request, payload: .unsigned, date: SigningDate(.now))
        var http = HTTPRequest(method: "PUT", url: "http://\(host)/\(name.text)", delivery: .collected(limit: 1 << 16))
        http.headers = (request.headers + signed).map { ($0.name, $0.value) }
        let status: Int
        do throws(TransportError) {
            status = try await HTTPTransport().send(http).status
        } catch {
            throw StoreError(.unreachable, "\(error)")
        }
        guard status == 200 else { throw StoreError(.invalidResponse, "the file system was not made", status: status) }
    }

    func listBuckets() async throws(StoreError) -> [BucketSummary] { try await base.listBuckets() }

    func headBucket(_ name: BucketName) async throws(StoreError) { try await base.headBucket(name) }

    func deleteBucket(_ name: BucketName) async throws(StoreError) { try await base.deleteBucket(name) }
}
