import CFuse3
import Glibc
import Logging
import Synchronization

/// What libfuse has to say goes into the program's log instead of standard error, and into errors as their reason.
///
/// libfuse has one log function for the whole process, so the session made last names the logger.
enum LibfuseLog {
    private struct State {
        var logger: Logger?
        var last = ""
    }

    private static let state = Mutex(State())

    static func send(to logger: Logger) {
        state.withLock { $0.logger = logger }
        unsafe fuse_set_log_func { level, format, arguments in
            unsafe LibfuseLog.write(level, LibfuseLog.text(format, arguments))
        }
    }

    /// `arguments` is optional on some architectures only.
    private static func text(_ format: UnsafePointer<CChar>?, _ arguments: CVaListPointer?) -> String {
        guard let format = unsafe format, let arguments = unsafe arguments else { return "" }
        var buffer = [CChar](repeating: 0, count: 1024)
        let count = unsafe vsnprintf(&buffer, buffer.count, format, arguments)
        let bytes = buffer.prefix(max(0, min(Int(count), buffer.count - 1))).map { UInt8(bitPattern: $0) }
        return String(decoding: bytes.filter { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }

    /// The reason that libfuse gave last, or `fallback` when it kept silent.
    static func takeReason(or fallback: String) -> String {
        state.withLock { state in
            defer { state.last = "" }
            return state.last.isEmpty ? fallback : state.last
        }
    }

    private static func write(_ level: fuse_log_level, _ message: String) {
        let logger = state.withLock { state in
            state.last = message
            return state.logger
        }
        logger?.log(level: level.rawValue <= FUSE_LOG_ERR.rawValue ? .error : .debug, "libfuse: \(message)")
    }
}
