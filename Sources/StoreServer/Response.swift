import NIOHTTP1

/// What a request is answered with.
struct Response: Sendable {
    enum Body: Sendable {
        case none
        case bytes([UInt8])
        /// Pieces of files, sent without passing through memory.
        case segments([Segment])
    }

    var status: Int
    var headers: HTTPHeaders
    var body: Body
    /// What Content-Length says; for an answer to HEAD more than the body has.
    var contentLength: Int64

    init(_ status: Int, headers: HTTPHeaders = [:], body: Body = .none) {
        self.status = status
        self.headers = headers
        self.body = body
        contentLength = body.count
    }

    static func xml(_ bytes: [UInt8], status: Int = 200, headers: HTTPHeaders = [:]) -> Response {
        var response = Response(status, headers: headers, body: .bytes(bytes))
        response.headers.add(name: "Content-Type", value: "application/xml")
        return response
    }
}

extension Response.Body {
    /// In bytes.
    var count: Int64 {
        switch self {
        case .none: 0
        case .bytes(let bytes): Int64(bytes.count)
        case .segments(let segments): segments.reduce(0) { $0 + $1.count }
        }
    }
}

extension Response {
    /// The service's XML for an error; without body where the request was HEAD or nothing changed.
    init(_ error: ServiceError, request id: String, resource: String, withBody: Bool, _ dialect: Dialect) {
        let error = dialect.form(of: error)
        let bytes = XMLWriter.document("Error", namespace: nil) { xml in
            xml.element("Code", error.code)
            xml.element("Message", error.message)
            xml.element("Resource", resource)
            for detail in error.details { xml.element(detail.name, detail.value) }
            xml.element("RequestId", id)
            xml.element("HostId", "windlass-store")
            if dialect.errorsNameStatus { xml.element("httpStatusCode", error.status) }
        }
        self = .xml(bytes, status: error.status)
        for header in error.headers { headers.add(name: header.name, value: header.value) }
        if !withBody || error.status == 304 {
            body = .none
            contentLength = 0
            guard dialect.errorsInHeaders, error.status >= 400 else { return }
            headers.add(name: dialect.header("error-code"), value: error.code)
            headers.add(name: dialect.header("error-message"), value: error.message)
        }
    }
}
