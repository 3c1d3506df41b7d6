import Foundation

/// What was said on a command line, for `windlass status`.
enum GivenOptions {
    /// The options among the arguments of `windlass mount`, with the user and password of addresses left out.
    static func shown(_ arguments: [String]) -> [String] {
        guard let first = arguments.firstIndex(where: { $0.hasPrefix("-") }) else { return [] }
        // The bucket and the directory may stand before, between and behind; they are shown elsewhere, and do no harm here.
        return arguments[first...].map(withoutSecrets)
    }

    private static func withoutSecrets(_ argument: String) -> String {
        guard let scheme = argument.range(of: "://"), let at = argument[scheme.upperBound...].firstIndex(of: "@") else { return argument }
        guard !argument[scheme.upperBound..<at].contains("/") else { return argument }
        return argument[..<scheme.upperBound] + "..." + argument[at...]
    }
}
