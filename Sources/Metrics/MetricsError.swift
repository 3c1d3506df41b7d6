/// Metrics cannot be shown where they were wanted: one line that says why.
package struct MetricsError: Error, CustomStringConvertible, Sendable {
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}
