/// Why a folder cannot be used for a cache: one line that says what to do.
package struct CacheError: Error, Hashable, Sendable, CustomStringConvertible {
    package let message: String

    package init(_ message: String) {
        self.message = message
    }

    package var description: String { message }
}
