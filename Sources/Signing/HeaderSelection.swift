/// Which headers of a request Signature Version 4 covers: all but those that proxies and HTTP libraries add or change on the way.
package struct HeaderSelection: Hashable, Sendable {
    /// In lower case.
    private let left: Set<String>

    private init(_ left: Set<String>) {
        self.left = left
    }

    /// As botocore and the AWS SDKs choose.
    package static let standard = HeaderSelection([
        "authorization", "connection", "content-length", "expect", "transfer-encoding", "user-agent", "x-amzn-trace-id",
    ])

    /// `Content-Length` too: bodies in signed chunks, where the length is that of the encoded body.
    package var withLength: HeaderSelection { HeaderSelection(left.subtracting(["content-length"])) }

    /// `Transfer-Encoding` too.
    package var withTransferEncoding: HeaderSelection { HeaderSelection(left.subtracting(["transfer-encoding"])) }

    /// `name` in lower case.
    func covers(_ name: String) -> Bool {
        !left.contains(name)
    }
}
