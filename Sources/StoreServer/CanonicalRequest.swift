package import NIOHTTP1

/// What Signature Version 4 signs of a request.
package struct CanonicalRequest {
    package var method: String
    package var target: RequestTarget
    package var headers: HTTPHeaders
    package var signedHeaders: [String]
    package var payloadHash: String

    package init(method: String, target: RequestTarget, headers: HTTPHeaders, signedHeaders: [String], payloadHash: String) {
        self.method = method
        self.target = target
        self.headers = headers
        self.signedHeaders = signedHeaders
        self.payloadHash = payloadHash
    }

    /// The text to hash. With `reencoded` the path is decoded and encoded again; otherwise it is taken as it came.
    package func text(reencoded: Bool = false) -> String {
        var lines = [method, path(reencoded: reencoded), query]
        for name in signedHeaders { lines.append("\(name):\(value(of: name))") }
        lines += ["", signedHeaders.joined(separator: ";"), payloadHash]
        return lines.joined(separator: "\n")
    }

    private func path(reencoded: Bool) -> String {
        guard reencoded, let bytes = PercentCoding.decode(target.rawPath) else { return target.rawPath }
        return PercentCoding.encode(bytes, keeping: [UInt8(ascii: "/")])
    }

    private var query: String {
        let items = target.query.filter { $0.name != "X-Amz-Signature" }
        if items.isEmpty { return "" }
        return items.map { (PercentCoding.encode($0.name.utf8), PercentCoding.encode($0.value.utf8)) }
            .sorted { $0 < $1 }.map { "\($0)=\($1)" }.joined(separator: "&")
    }

    /// Repeated headers joined by commas, inner runs of blanks made one.
    private func value(of name: String) -> String {
        headers[name].map { $0.split(separator: " ").joined(separator: " ") }.joined(separator: ",")
    }
}
