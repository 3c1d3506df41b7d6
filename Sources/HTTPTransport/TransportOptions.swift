/// Which version of HTTP is spoken.
package enum HTTPVersion: String, Hashable, Sendable, CaseIterable {
    /// HTTP/1.1, a connection for each request under way.
    case one = "1.1"
    /// HTTP/2: over TLS, or from the first byte on without. Servers that do not speak it fail.
    case two = "2"
    /// HTTP/2 where TLS settles on it, else 1.1.
    case auto
}

/// How a transport connects.
package struct TransportOptions: Hashable, Sendable {
    /// From the start of a connection to its last TLS message.
    package var connectTimeout: Duration = .seconds(10)
    /// How long nothing may move in either direction; whole seconds.
    package var idleTimeout: Duration = .seconds(30)
    /// Connections in all; further requests wait for one.
    package var maximumConnections = 64
    /// A PEM file of certificate authorities instead of the system's.
    package var certificateAuthorities: String?
    package var verifiesTLS = true
    /// `http://host:port` of a proxy for every request, instead of what the environment names.
    package var proxy: String?
    package var userAgent = "windlass"
    package var httpVersion = HTTPVersion.one

    package init() {}
}
