import NIOHTTP1

/// What OBS's scheme and Version 2 sign of a request.
///
/// The services and the vendors' own SDKs disagree in small points (a bucket's last slash, parameters that arrived later, the place of a token
/// in a presigned address), so there may be several texts, all of them documented; a signature of any one of them is good.
package struct PlainStringToSign {
    let request: SignedRequest
    let claim: PlainClaim
    let dialect: Dialect
    let scheme: SignatureScheme

    package init(_ request: SignedRequest, _ claim: PlainClaim, _ dialect: Dialect, _ scheme: SignatureScheme) {
        self.request = request
        self.claim = claim
        self.dialect = dialect
        self.scheme = scheme
    }

    /// All texts that may have been signed, the usual one first; no two alike.
    package var texts: [String] {
        var result: [String] = []
        for tokenPlace in tokenPlaces {
            for resource in resources(tokenPlace) {
                let text = head + block(tokenPlace) + resource
                if !result.contains(text) { result.append(text) }
            }
        }
        return result
    }

    private var head: String {
        let header = { (name: String) in request.headers.first(name: name).map { String($0.trimmed) } }
        var date = request.headers.contains(name: dialect.header("date")) ? "" : header("date") ?? ""
        if let expires = claim.expires { date = String(expires) }
        let isQuery = claim.expires != nil
        let md5 = header("content-md5") ?? (isQuery ? request.target.value("content-md5") : nil) ?? ""
        let type = header("content-type") ?? (isQuery ? request.target.value("content-type") : nil) ?? ""
        return "\(request.method)\n\(md5)\n\(type)\n\(date)\n"
    }
}

extension PlainStringToSign {
    /// Where the service's own parameters of a query belong: among the headers, or to the resource.
    private enum TokenPlace {
        case block, resource
    }

    private var tokenPlaces: [TokenPlace] {
        guard request.target.query.contains(where: { isOwn($0.name) }) else { return [.block] }
        if scheme == .obs { return [.resource] }
        return dialect.service == .obs ? [.resource, .block] : [.block]
    }

    private func isOwn(_ name: String) -> Bool { name.lowercased().hasPrefix(dialect.headerPrefix) }

    /// The service's own headers: names in lower case and sorted, values trimmed, repeated ones joined by commas.
    private func block(_ place: TokenPlace) -> String {
        var values: [String: [String]] = [:]
        for (name, value) in request.headers where isOwn(name) { values[name.lowercased(), default: []].append(String(value.trimmed)) }
        if place == .block {
            for parameter in request.target.query where isOwn(parameter.name) {
                values[parameter.name.lowercased(), default: []].append(parameter.value)
            }
        }
        let lines = values.sorted { Array($0.key.utf8).lexicographicallyPrecedes(Array($1.key.utf8)) }
        return lines.map { "\($0.key):\($0.value.joined(separator: ","))\n" }.joined()
    }

    private func resources(_ place: TokenPlace) -> [String] {
        var result: [String] = []
        for query in [suffix(place, withDisputed: true), suffix(place, withDisputed: false)] {
            for path in paths where !result.contains(path + query) { result.append(path + query) }
        }
        return result
    }

    private var paths: [String] {
        let raw = request.target.rawPath
        var paths = [request.hostBucket.map { "/\($0)\(raw)" } ?? raw]
        let isBucket = request.hostBucket != nil ? raw == "/" : raw != "/" && !raw.dropFirst().dropLast().contains("/")
        if isBucket { paths.append(paths[0].hasSuffix("/") ? String(paths[0].dropLast()) : paths[0] + "/") }
        // The PHP SDK of OOS signs the path as it was before it was encoded.
        if dialect.service == .oos, let decoded = PercentCoding.decodeText(paths[0]) { paths.append(decoded) }
        return paths
    }

    private func suffix(_ place: TokenPlace, withDisputed: Bool) -> String {
        let names = SubResources(scheme: scheme, service: dialect.service)
        let signed = request.target.query.filter { parameter in
            if isOwn(parameter.name) { return place == .resource }
            return names.contains(parameter.name, withDisputed: withDisputed)
        }
        let sorted = signed.sorted { Array($0.name.utf8).lexicographicallyPrecedes(Array($1.name.utf8)) }
        let items = sorted.map { $0.hasEquals ? "\($0.name)=\($0.value)" : $0.name }
        return items.isEmpty ? "" : "?" + items.joined(separator: "&")
    }
}

extension RequestTarget {
    /// The value of a parameter whose name may be in any case.
    func value(_ lowerName: String) -> String? { query.first { $0.name.lowercased() == lowerName }?.value }
}
