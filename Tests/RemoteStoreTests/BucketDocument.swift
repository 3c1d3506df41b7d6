import Credentials
import Crypto
import FileSystemTypes
import Foundation
import HTTPTransport
import ObjectStorage
import Signing

/// Sets what the client itself has no word for, by a document put on a sub-resource of a bucket.
enum BucketDocument {
    static func put(_ document: String, _ subresource: String, _ bucket: BucketName, _ endpoint: String) async throws {
        let body = Array(document.utf8)
        let signable = SignableRequest(
            method: "PUT", host: String(endpoint.dropFirst("http://".count)), path: "/\(bucket)", query: [QueryItem(subresource)],
            headers: [HeaderField("Content-MD5", Data(Insecure.MD5.hash(data: body)).base64EncodedString())])
        let added = SignatureV4(region: "us-east-1").headers(
            signing: signable, payload: .unsigned, date: SigningDate(.now),
            credentials: Credentials(accessKeyID: "key", secretAccessKey: "secret"))
        var request = HTTPRequest(
            method: "PUT", url: endpoint + signable.target, body: BytesSource(Bytes(body)), delivery: .collected(limit: 1 << 20))
        request.headers = (signable.headers + added).map { ($0.name, $0.value) }
        let response = try await HTTPTransport().send(request)
        guard response.status < 300 else {
            let text = String(decoding: try await response.body.collect(limit: 1 << 20).contiguous, as: UTF8.self)
            throw StoreError(.invalidRequest, "\(subresource): status \(response.status): \(text)")
        }
    }
}
