/// A token that stands for its owner, as IBM Cloud's IAM issues it: sent as it is, over TLS only.
///
/// No description, dump or mirror of it shows the token. Source: RFC 6750, 2.1.
package struct BearerToken: Hashable, Sendable {
    private let text: String

    package init(_ text: String) {
        self.text = text
    }

    package var headers: [HeaderField] { [HeaderField("Authorization", "Bearer \(text)")] }
}

extension BearerToken: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "BearerToken" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
