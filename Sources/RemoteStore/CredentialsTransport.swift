package import Credentials
internal import FileSystemTypes
package import HTTPTransport
internal import Synchronization

/// How providers of credentials reach their services: over connections of their own, never by way of a redirect, never by way of a
/// proxy where the service is on this machine or its host, and with certificates that somebody vouches for, whatever the store is allowed.
package final class CredentialsTransport: CredentialsHTTP {
    private struct Transports {
        var direct: HTTPTransport?
        var usual: HTTPTransport?
    }

    private let options: TransportOptions
    /// Made when they are first needed: most mounts ask no service at all.
    private let transports = Mutex(Transports())

    /// Of `options` the certificate authorities and the proxy count.
    package init(_ options: TransportOptions = TransportOptions()) {
        var options = options
        options.verifiesTLS = true
        options.httpVersion = .one
        options.connectTimeout = min(options.connectTimeout, .seconds(5))
        options.maximumConnections = 4
        self.options = options
    }

    package func send(_ request: CredentialsRequest) async throws(CredentialsError) -> CredentialsResponse {
        let body = request.body.map { BytesSource(Bytes($0)) }
        var http = HTTPRequest(
            method: request.method, url: request.url, headers: request.headers, body: body,
            delivery: .collected(limit: CredentialsRequest.bodyLimit))
        http.totalTimeout = request.timeout
        do throws(TransportError) {
            let response = try await transport(for: request.url).send(http)
            let body = try await response.body.collect(limit: CredentialsRequest.bodyLimit)
            let headers = Dictionary(response.headers.fields.map { ($0.name, $0.value) }) { first, _ in first }
            return CredentialsResponse(status: response.status, headers: headers, body: body.contiguous)
        } catch {
            throw CredentialsError("\(request): no answer: \(error.description)")
        }
    }

    private func transport(for url: String) -> HTTPTransport {
        let isNear = ServiceAddress.isNear(url)
        return transports.withLock { transports in
            if let transport = isNear ? transports.direct : transports.usual { return transport }
            var options = options
            // To libcurl the empty text means none, whatever the environment says.
            if isNear { options.proxy = "" }
            let transport = HTTPTransport(options)
            if isNear { transports.direct = transport } else { transports.usual = transport }
            return transport
        }
    }
}
