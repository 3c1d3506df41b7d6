/// Where metrics go, as `--metrics` says it.
package enum MetricsPlace: Hashable, Sendable {
    /// Asked for over HTTP. The host may be a name, or an address; IPv6 without brackets.
    case address(host: String, port: UInt16)
    /// A file that is written anew from time to time.
    case file(String)

    /// `HOST:PORT`, `[IPV6]:PORT`, `:PORT` on this machine only, or a path with a slash in it. Nil for what is none of these.
    package init?(_ text: String) {
        if text.contains("/") {
            self = .file(text)
            return
        }
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else { return nil }
        var host = String(text[..<colon])
        if host.hasPrefix("[") {
            guard host.hasSuffix("]") else { return nil }
            host = String(host.dropFirst().dropLast())
        } else if host.contains(":") {
            return nil
        }
        self = .address(host: host.isEmpty ? "127.0.0.1" : host, port: port)
    }
}
