import NIOHTTP1
import ObjectStorage

/// OBS deletes an object so many days after its last change, when an upload or a change of its metadata says so (`x-obs-expires`). Here it
/// stays, and is only said to end.
extension Manifest {
    private static let property = "expires"

    mutating func takeExpiry(_ request: Request) throws(ServiceError) {
        guard request.dialect.service == .obs, let text = request.header("x-obs-expires") else { return }
        guard let days = Int64(text), days > 0 else { throw .invalidArgument("x-obs-expires must be a number of days from 1 on") }
        properties[Self.property] = String(days)
    }

    /// The value of `x-obs-expiration`.
    var expiryText: String? {
        guard let days = properties[Self.property].flatMap({ Int64($0) }) else { return nil }
        return "expiry-date=\"\(modified.adding(seconds: days * 86400).httpText)\""
    }
}
