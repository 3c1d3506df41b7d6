internal import Credentials
internal import Logging
internal import ObjectStorage
internal import Signing
internal import Synchronization

/// By what right requests are sent, and what happens when the store does not recognise it.
extension StoreClient {
    func authority() async throws(StoreError) -> Authority {
        let authority: Authority
        do throws(CredentialsError) {
            authority = try await credentials.authority()
        } catch {
            complain(error.description)
            throw StoreError(.badCredentials, error.description)
        }
        if case .bearer = authority, !ServiceAddress.isPrivate(endpoint.description) {
            throw StoreError(.badCredentials, "the token of an API key goes over TLS only; name the store by an https address")
        }
        return authority
    }

    /// The store refused `authority`: true when its source has another one by now, so that the request is worth sending again.
    func isReplaced(_ authority: Authority, after error: StoreError) async -> Bool {
        guard let isCertain = Self.isCertain(error, authority) else { return false }
        credentials.invalidate(authority, isCertain: isCertain)
        guard let current = try? await credentials.authority() else { return false }
        if current != authority { logger.info("sending \(error.operation ?? "a request") again with new credentials from \(sourceName)") }
        return current != authority
    }

    /// Whether an answer says that the credentials are not good, or only may say so; nil when it says something else.
    ///
    /// Tokens that have ended are refused with the same code as missing permission.
    private static func isCertain(_ error: StoreError, _ authority: Authority) -> Bool? {
        switch (error.reason, authority) {
        case (_, .anonymous): nil
        case (.badCredentials, _): true
        case (.accessDenied, .bearer): false
        default: nil
        }
    }

    /// The answer to HEAD has no document and so no code: what is behind a refusal is learned with GET.
    func clarified(_ error: StoreError, _ request: StoreRequest, _ authority: Authority) async -> StoreError {
        guard [.accessDenied, .invalidRequest].contains(error.reason), error.serviceCode == nil, request.method == "HEAD" else { return error }
        var probe = request
        probe.method = "GET"
        if request.key == nil { probe.query = [QueryItem("location")] } else { probe.headers.append(HeaderField("Range", "bytes=0-0")) }
        do throws(StoreError) {
            _ = try await sendOnce(probe, authority)
            return error
        } catch let refusal {
            return [.badCredentials, .clockSkew, .wrongRegion].contains(refusal.reason) ? refusal : error
        }
    }

    /// The error as callers get it: with the source of credentials that are not good, which the log names, too.
    func explained(_ error: StoreError) -> StoreError {
        guard error.reason == .badCredentials, error.status != nil else { return error }
        var error = error
        error.message += "; the credentials came from \(sourceName)"
        complain("the store refuses the credentials from \(sourceName)\(error.serviceCode.map { " with \($0)" } ?? ""); renew them there")
        return error
    }

    var sourceName: String { credentials.source?.name ?? "no source" }

    /// Not for each of many requests that fail for one reason: the same text at most once a minute.
    private func complain(_ text: String) {
        let isNew = learned.withLock { learned in
            if learned.complaint?.text == text, let last = learned.complaint?.moment, last + .seconds(60) > .now { return false }
            learned.complaint = (text, .now)
            return true
        }
        if isNew { logger.error("\(text)") }
    }

    func authorization(_ authority: Authority, region: String) -> Authorization {
        switch authority {
        case .keys(let keys): authorization(keys, region: region)
        case .bearer(let token): .bearer(Signing.BearerToken(token.token))
        case .anonymous: .anonymous
        }
    }

    /// What IBM COS wants beside a token where a request concerns the account: making and listing buckets.
    func accountHeaders(_ request: StoreRequest, _ authority: Authority) -> [HeaderField] {
        guard case .bearer(let token) = authority, let instance = token.serviceInstanceID,
            !request.headers.contains(where: { $0.name == "ibm-service-instance-id" })
        else { return [] }
        let concernsAccount = request.bucket == nil || (request.method == "PUT" && request.key == nil && request.query.isEmpty)
        return concernsAccount ? [HeaderField("ibm-service-instance-id", instance)] : []
    }
}
