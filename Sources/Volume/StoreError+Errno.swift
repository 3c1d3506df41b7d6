internal import FileSystemTypes
internal import ObjectStorage

extension StoreError {
    /// What a program is told of a failed request: the one table of it.
    var errno: Errno {
        switch reason {
        case .noSuchKey, .noSuchUpload, .notModified: .noSuchFile
        case .noSuchBucket: .inputOutput
        case .accessDenied, .badCredentials: .accessDenied
        case .locked: .notPermitted
        case .preconditionFailed, .conflict, .wrongPosition, .notAppendable: .stale
        case .keyTooLong: .nameTooLong
        case .metadataTooLarge: .noSpace
        case .tooLarge: .fileTooLarge
        case .quotaExceeded: .quotaExceeded
        case .storageFull: .noSpace
        case .archived: .tryAgain
        case .unsupported: .notSupported
        case .timedOut: .timedOut
        case .cancelled: .interrupted
        case .bucketNotEmpty: .notEmpty
        case .bucketExists: .exists
        case .clockSkew, .invalidRange, .invalidRequest, .invalidPart, .wrongRegion, .corrupted, .throttled, .unavailable, .unreachable,
            .invalidResponse, .localFailure, .localDamage:
            .inputOutput
        }
    }
}
