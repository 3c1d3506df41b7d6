/// Requests of a provider to one service, tried again as that service's own tools do.
struct ServiceCall: Sendable {
    let http: any CredentialsHTTP
    let time: CredentialsTime
    let timeout: Duration
    let attempts: Int
    /// Before the second attempt; with `doubles`, twice as long before each further one.
    let pause: Duration
    let doubles: Bool

    /// The last answer, or the last error. Statuses of 500 and above, 408 and 429 are tried again, and so is silence.
    func send(
        _ method: String, _ url: String, headers: [(name: String, value: String)] = [], body: [UInt8]? = nil
    ) async throws(CredentialsError) -> CredentialsResponse {
        let request = CredentialsRequest(method, url, headers: headers, body: body, timeout: timeout)
        var pause = pause
        for _ in 1..<max(1, attempts) {
            if let response = try? await http.send(request), !Self.isPassing(response.status) { return response }
            if Task.isCancelled { break }
            await time.sleep(pause)
            if doubles { pause = pause * 2 }
        }
        return try await http.send(request)
    }

    private static func isPassing(_ status: Int) -> Bool {
        status >= 500 || status == 408 || status == 429
    }
}
