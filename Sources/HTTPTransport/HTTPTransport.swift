internal import FileSystemTypes
internal import Glibc

/// HTTP over libcurl: keep-alive connections shared by all requests, any number of callers.
///
/// One thread owns the libcurl handles. Nothing is retried and no redirect is followed: any status is an answer, everything else a `TransportError`.
/// Proxies are taken from `http_proxy`, `https_proxy` and `no_proxy` of the environment.
package final class HTTPTransport: Sendable {
    private let loop: TransportLoop

    package init(_ options: TransportOptions = TransportOptions()) {
        loop = TransportLoop(options)
    }

    deinit {
        loop.stop()
    }

    /// Returns when the answer's headers are there (`.streamed`) or all of it is (`.collected`).
    ///
    /// Cancelling the task ends the request; it then throws `cancelled`.
    package func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
        let transfer = Transfer(request, loop: loop)
        let outcome = await withTaskCancellationHandler {
            await transfer.run()
        } onCancel: {
            transfer.cancel()
        }
        let head = try outcome.get()
        return HTTPResponse(status: head.status, headers: head.headers, body: ResponseBody(transfer))
    }
}
