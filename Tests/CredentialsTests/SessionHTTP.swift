import Credentials
import Foundation
import FoundationNetworking

/// `CredentialsHTTP` over Foundation's client: real requests.
struct SessionHTTP: CredentialsHTTP {
    func send(_ request: CredentialsRequest) async throws(CredentialsError) -> CredentialsResponse {
        guard let url = URL(string: request.url) else { throw CredentialsError("no address: \(request.url)") }
        var http = URLRequest(url: url, timeoutInterval: request.timeout / .seconds(1))
        http.httpMethod = request.method
        http.httpBody = request.body.map { Data($0) }
        for header in request.headers { http.setValue(header.value, forHTTPHeaderField: header.name) }
        do {
            let (data, response) = try await URLSession(configuration: .ephemeral).data(for: http)
            guard let response = response as? HTTPURLResponse else { throw CredentialsError("no HTTP answer from \(request.url)") }
            let headers = response.allHeaderFields.map { ("\($0.key)", "\($0.value)") }
            return CredentialsResponse(status: response.statusCode, headers: Dictionary(headers) { $1 }, body: Array(data))
        } catch {
            throw CredentialsError("no answer from \(request.url)")
        }
    }
}
