internal import CCurl
internal import FileSystemTypes
internal import Glibc

/// libcurl's easy handle (libcurl-easy(3)) set up for one transfer. Belongs to the thread of the loop.
@safe final class EasyHandle {
    let raw: UnsafeMutableRawPointer
    private var headerList: UnsafeMutablePointer<curl_slist>?
    private let errorText: UnsafeMutablePointer<CChar>

    /// Nil when libcurl refuses an option; the transfer is kept alive by whoever owns it, for as long as this handle.
    init?(_ transfer: Transfer, options: TransportOptions) {
        guard let handle = unsafe curl_easy_init() else { return nil }
        unsafe raw = handle
        unsafe errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        unsafe errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        guard setConnection(options), setTimeouts(transfer.request, options), setRequest(transfer.request), setCallbacks(transfer) else { return nil }
    }

    deinit {
        unsafe curl_easy_cleanup(raw)
        unsafe curl_slist_free_all(headerList)
        unsafe errorText.deallocate()
    }

    /// libcurl's own words on what went wrong.
    var errorMessage: String {
        unsafe String(cString: errorText)
    }

    var connectTime: Int64 {
        var microseconds: curl_off_t = 0
        unsafe _ = ccurl_getinfo_off(raw, CURLINFO_PRETRANSFER_TIME_T, &microseconds)
        return Int64(microseconds)
    }

    func unpause() {
        unsafe _ = curl_easy_pause(raw, CInt(CURLPAUSE_CONT))
    }

    /// The transfer that `setCallbacks` tied to a handle.
    static func transfer(of raw: UnsafeMutableRawPointer?) -> Transfer? {
        var context: UnsafeMutableRawPointer?
        unsafe _ = ccurl_getinfo_pointer(raw, CURLINFO_PRIVATE, &context)
        return unsafe context.map { unsafe Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
    }

    private func set(_ option: CURLoption, _ value: Int) -> Bool {
        unsafe ccurl_setopt_long(raw, option, value) == CURLE_OK
    }

    private func set(_ option: CURLoption, _ value: String) -> Bool {
        unsafe ccurl_setopt_string(raw, option, value) == CURLE_OK
    }

    private func set(_ option: CURLoption, offset: Int64) -> Bool {
        unsafe ccurl_setopt_off(raw, option, curl_off_t(offset)) == CURLE_OK
    }

    private func setConnection(_ options: TransportOptions) -> Bool {
        var taken = set(CURLOPT_NOSIGNAL, 1) && set(CURLOPT_TCP_KEEPALIVE, 1)
        taken = taken && set(CURLOPT_SSL_VERIFYPEER, options.verifiesTLS ? 1 : 0)
        taken = taken && set(CURLOPT_SSL_VERIFYHOST, options.verifiesTLS ? 2 : 0)
        taken = taken && set(CURLOPT_HTTP_VERSION, options.httpVersion.number)
        taken = taken && set(CURLOPT_USERAGENT, options.userAgent)
        if let proxy = options.proxy { taken = taken && set(CURLOPT_PROXY, proxy) && set(CURLOPT_NOPROXY, "") }
        if let file = options.certificateAuthorities { taken = taken && set(CURLOPT_CAINFO, file) }
        return taken
    }

    private func setTimeouts(_ request: HTTPRequest, _ options: TransportOptions) -> Bool {
        let idle = request.idleTimeout ?? options.idleTimeout
        var taken = set(CURLOPT_CONNECTTIMEOUT_MS, options.connectTimeout.milliseconds)
        taken = taken && set(CURLOPT_LOW_SPEED_LIMIT, 1) && set(CURLOPT_LOW_SPEED_TIME, max(1, idle.milliseconds / 1000))
        if let timeout = request.totalTimeout { taken = taken && set(CURLOPT_TIMEOUT_MS, timeout.milliseconds) }
        return taken
    }

    private func setRequest(_ request: HTTPRequest) -> Bool {
        var taken = set(CURLOPT_URL, request.url) && set(CURLOPT_PATH_AS_IS, 1) && set(CURLOPT_CUSTOMREQUEST, request.method)
        taken = taken && set(CURLOPT_PROTOCOLS_STR, "http,https")
        if request.method == "HEAD" { taken = taken && set(CURLOPT_NOBODY, 1) }
        if let body = request.body {
            taken = taken && set(CURLOPT_UPLOAD, 1) && set(CURLOPT_UPLOAD_BUFFERSIZE, body.count > 65_536 ? 262_144 : 65_536)
            taken = taken && set(CURLOPT_INFILESIZE_LARGE, offset: body.count)
        }
        if case .streamed = request.delivery { taken = taken && set(CURLOPT_BUFFERSIZE, 262_144) }
        return taken && setHeaders(request)
    }

    /// libcurl's own `Expect` and `Content-Type` are switched off: only what the caller signed goes out.
    private func setHeaders(_ request: HTTPRequest) -> Bool {
        var lines = request.headers.map { $0.value.isEmpty ? "\($0.name);" : "\($0.name): \($0.value)" }
        lines.append(request.expectsContinue ? "Expect: 100-continue" : "Expect:")
        if !request.headers.contains(where: { $0.name.lowercased() == "content-type" }) { lines.append("Content-Type:") }
        // RFC 9110, 8.6: methods that usually have a body say so when they have none; Ceph refuses them otherwise.
        if request.body == nil, request.method == "PUT" || request.method == "POST" { lines.append("Content-Length: 0") }
        for line in lines {
            guard !line.utf8.contains(where: { $0 == 13 || $0 == 10 || $0 == 0 }) else { return false }
            guard let longer = unsafe curl_slist_append(headerList, line) else { return false }
            unsafe headerList = longer
        }
        return unsafe ccurl_setopt_list(raw, CURLOPT_HTTPHEADER, headerList) == CURLE_OK
    }

    private func setCallbacks(_ transfer: Transfer) -> Bool {
        let context = unsafe Unmanaged.passUnretained(transfer).toOpaque()
        for option in [CURLOPT_PRIVATE, CURLOPT_HEADERDATA, CURLOPT_WRITEDATA, CURLOPT_READDATA, CURLOPT_SEEKDATA, CURLOPT_PREREQDATA] {
            guard unsafe ccurl_setopt_pointer(raw, option, context) == CURLE_OK else { return false }
        }
        return unsafe ccurl_setopt_pointer(raw, CURLOPT_ERRORBUFFER, errorText) == CURLE_OK
            && ccurl_setopt_data_fn(raw, CURLOPT_HEADERFUNCTION, Callbacks.header) == CURLE_OK
            && ccurl_setopt_data_fn(raw, CURLOPT_WRITEFUNCTION, Callbacks.write) == CURLE_OK
            && ccurl_setopt_data_fn(raw, CURLOPT_READFUNCTION, Callbacks.read) == CURLE_OK
            && ccurl_setopt_seek_fn(raw, Callbacks.seek) == CURLE_OK
            && ccurl_setopt_prereq_fn(raw, Callbacks.prerequest) == CURLE_OK
    }
}

extension HTTPVersion {
    /// Source: CURLOPT_HTTP_VERSION(3).
    fileprivate var number: Int {
        switch self {
        case .one: Int(CURL_HTTP_VERSION_1_1)
        case .two: Int(CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE)
        case .auto: Int(CURL_HTTP_VERSION_2TLS)
        }
    }
}

extension Duration {
    var milliseconds: Int {
        let (seconds, attoseconds) = components
        return Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000)
    }
}

/// The functions that libcurl calls, all on the thread of the loop.
private enum Callbacks {
    static let header: ccurl_data_fn = { data, size, count, context in
        let bytes = unsafe UnsafeRawBufferPointer(start: data, count: size * count)
        unsafe transfer(context).receivedHeaderLine(bytes)
        return size * count
    }

    static let write: ccurl_data_fn = { data, size, count, context in
        let bytes = unsafe UnsafeRawBufferPointer(start: data, count: size * count)
        switch unsafe transfer(context).receivedBody(bytes) {
        case .taken: return size * count
        case .full: return ccurl_writefunc_pause
        case .refused: return 0
        }
    }

    static let read: ccurl_data_fn = { data, size, count, context in
        let space = unsafe UnsafeMutableRawBufferPointer(start: data, count: size * count)
        switch unsafe transfer(context).fillBody(space) {
        case .filled(let count): return count
        case .notYet: return ccurl_readfunc_pause
        case .failed: return ccurl_readfunc_abort
        }
    }

    static let seek: ccurl_seek_fn = { context, offset, origin in
        guard origin == SEEK_SET else { return CInt(CURL_SEEKFUNC_FAIL) }
        return CInt(unsafe transfer(context).rewindBody(to: Int64(offset)) ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL)
    }

    static let prerequest: ccurl_prereq_fn = { context, _, _, _, _ in
        unsafe transfer(context).mayBeSent() ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
    }

    private static func transfer(_ context: UnsafeMutableRawPointer?) -> Transfer {
        guard let context = unsafe context else { preconditionFailure("libcurl lost the transfer of a handle") }
        return unsafe Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
    }
}
