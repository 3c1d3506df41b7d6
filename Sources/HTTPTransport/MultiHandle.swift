internal import CCurl

/// libcurl's multi handle (libcurl-multi(3)). All methods but `wake` belong to the thread of the loop.
@safe final class MultiHandle: @unchecked Sendable {  // the pointer never changes; only `wake` is called from other threads, as libcurl allows
    private let raw: UnsafeMutableRawPointer

    /// libcurl-global(3): once in a process, before anything else of libcurl.
    private static let isInitialised: Bool = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    init(maximumConnections: Int) {
        precondition(Self.isInitialised, "libcurl cannot be initialised")
        guard let multi = unsafe curl_multi_init() else { preconditionFailure("out of memory for libcurl") }
        unsafe raw = multi
        unsafe _ = ccurl_multi_setopt_long(raw, CURLMOPT_MAX_TOTAL_CONNECTIONS, maximumConnections)
        unsafe _ = ccurl_multi_setopt_long(raw, CURLMOPT_MAXCONNECTS, maximumConnections)
    }

    deinit {
        unsafe _ = curl_multi_cleanup(raw)
    }

    /// Ends a `wait` that is under way or comes next. From any thread.
    func wake() {
        unsafe _ = curl_multi_wakeup(raw)
    }

    func perform() {
        var running: CInt = 0
        unsafe _ = curl_multi_perform(raw, &running)
    }

    /// Until something can be done, at most a second.
    func wait() {
        unsafe _ = curl_multi_poll(raw, nil, 0, 1000, nil)
    }

    func add(_ easy: EasyHandle) -> Bool {
        unsafe curl_multi_add_handle(raw, easy.raw) == CURLM_OK
    }

    func remove(_ easy: EasyHandle) {
        unsafe _ = curl_multi_remove_handle(raw, easy.raw)
    }

    func forEachFinished(_ body: (Transfer, CURLcode) -> Void) {
        var queued: CInt = 0
        while let message = unsafe curl_multi_info_read(raw, &queued) {
            guard unsafe message.pointee.msg == CURLMSG_DONE else { continue }
            let code = unsafe ccurl_message_result(message)
            guard let transfer = unsafe EasyHandle.transfer(of: message.pointee.easy_handle) else { continue }
            body(transfer, code)
        }
    }
}
