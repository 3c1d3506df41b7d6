package import Credentials
internal import Crypto
package import FileSystemTypes
internal import Foundation
internal import Signing

/// Signs what providers of credentials send to services of AWS.
package struct ServiceSigner: CredentialsSigner {
    package init() {}

    package func signed(
        _ request: CredentialsRequest, with keys: Credentials, service: String, region: String, at moment: Timestamp
    ) -> CredentialsRequest {
        guard let url = URLComponents(string: request.url), let host = url.host else { return request }
        let usual = url.scheme == "http" ? 80 : 443
        let signable = SignableRequest(
            method: request.method, host: url.port.map { $0 == usual ? host : "\(host):\($0)" } ?? host,
            path: url.percentEncodedPath.isEmpty ? "/" : url.percentEncodedPath,
            headers: request.headers.map { HeaderField($0.name, $0.value) })
        let digest = SHA256.hash(data: request.body ?? []).map { $0 < 16 ? "0\(String($0, radix: 16))" : String($0, radix: 16) }.joined()
        let added = SignatureV4(region: region, service: service).headers(
            signing: signable, payload: .sha256(digest), date: SigningDate(moment), credentials: keys)
        var signed = request
        signed.headers += added.map { (name: $0.name, value: $0.value) }
        return signed
    }
}
