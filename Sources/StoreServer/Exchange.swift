import Logging
import NIOCore
import NIOHTTP1
import ObjectStorage

/// One request and its answer.
final class Exchange {
    private let connection: Connection
    private let head: HTTPRequestHead
    private let body: RequestBody
    private let id: String
    /// Nil until it is understood, and for the control path, which is not counted.
    private var operation: Operation?
    private var isControl = false
    /// In which the answer is given: that of the server, in the family of headers that the request uses.
    private var dialect: Dialect
    private var faults = FaultSet([], seed: 0)
    private var context: ServerContext { connection.context }
    /// How much of a body that nobody wants is read for the sake of the connection, or of the client that is still sending, in bytes.
    private static let politeness: Int64 = 1 << 20
    private static let patience: Int64 = 64 << 20

    init(connection: Connection, head: HTTPRequestHead, body: RequestBody) {
        self.connection = connection
        self.head = head
        self.body = body
        dialect = connection.context.service.dialect
        id = String(connection.context.requestIDs.next(), radix: 16, uppercase: true)
    }

    /// The connection is broken off without an answer.
    private struct Reset: Error {}

    /// Whether the connection can be used for another request. Throws when it must be reset.
    func run() async throws -> Bool {
        var response: Response
        do {
            response = try await answer()
        } catch let error where !(error is Reset || error is RequestBody.Broken) {
            response = failure(error)
        }
        finish(&response)
        let closing = await settleBody() || !head.isKeepAlive || faults.endsConnection
        count(response)
        try await send(response, closing: closing)
        if closing, !body.isAtEnd, !body.isUnasked { _ = await body.drain(limit: Self.patience) }
        return !closing
    }

    private func answer() async throws -> Response {
        let target = try RequestTarget(head.uri)
        if context.isForIdentity || dialect.schemes.contains(.bearer) && IdentityService.isTokenRequest(head.method, target) {
            isControl = true
            return try await context.identity.respond(head, target, body)
        }
        if target.rawPath.hasPrefix(ControlPath.prefix) { return try await control(target) }
        dialect = dialect.speaking(HeaderFamily(headers: head.headers, target: target))
        let name = try ResourceName(target: target, host: head.headers.first(name: "host") ?? "", dialect: dialect)
        if dialect.service == .oos, head.method == .POST, name.bucket == nil { return try await accessKeys(target) }
        let isCopy = head.headers.contains(name: dialect.header("copy-source"))
        let service = context.service.speaking(dialect)
        try service.checkKindOfBucket(head, name, target)
        let operation = try Operation.find(head, name, target, dialect) ?? Operation.find(head.method, name, target, isCopy: isCopy)
        self.operation = operation
        context.counters.add(operation) { $0.requests += 1 }
        faults = context.faults.decide(operation, key: (name.key?.description ?? target["prefix"]) ?? "")
        try await suffer()
        if operation == .getAPIVersion { return try service.apiVersion(name) }
        let now = StoreTime.now.adding(seconds: faults.clockSkew)
        if operation == .postObject {
            let request = Request(
                id: id, head: head, target: target, name: name, operation: operation, dialect: dialect, body: body, now: now, lag: nil)
            return try await service.postObject(request, context.verifier)
        }
        let signed = SignedRequest(
            method: head.method.rawValue, target: target, headers: head.headers, hostBucket: name.isVirtualHost ? name.bucket : nil)
        let isAnonymous = try SignatureScheme.find(headers: head.headers, target: target) == nil
        let claim = try isAnonymous ? PayloadClaim(unverified: head.headers, dialect) : context.verifier.verify(signed, now: now)
        let request = Request(
            id: id, head: head, target: target, name: name, operation: operation, dialect: dialect, body: body, now: now,
            lag: faults.listingLag)
        if isAnonymous { try service.authorizeAnonymous(request) }
        let response = try await service.respond(to: request, claim)
        return faults.isGarbage && operation.isListing ? Self.garbage : response
    }

    /// Signed for the store or, in Version 4, for the token service.
    private func accessKeys(_ target: RequestTarget) async throws -> Response {
        isControl = true
        let now = StoreTime.now
        let signed = SignedRequest(method: head.method.rawValue, target: target, headers: head.headers)
        let claim: PayloadClaim
        do throws(ServiceError) {
            claim = try context.verifier.verify(signed, now: now)
        } catch {
            guard error.code == "AuthorizationHeaderMalformed" else { throw error }
            claim = try context.identity.verifier.verify(signed, now: now)
        }
        let bytes = try await body.collect(limit: 64 << 10)
        return try context.accessKeys.respond(IdentityCall(head: head, target: target, body: bytes, now: now), claim)
    }

    private static let garbage = Response.xml(Array("<?xml version=\"1.0\"?>\n<ListBucketResult><Contents><Key>a</Wrong>\u{0}<<".utf8))

    /// The faults that strike before the work.
    private func suffer() async throws {
        if faults.isEmpty { return }
        if faults.latency > .zero { try await Task.sleep(for: faults.latency) }
        if faults.reset(at: .beforeWork) != nil { throw Reset() }
        body.resetAfter = faults.reset(at: .inRequest)
        if let error = faults.error { throw error }
    }

    private func control(_ target: RequestTarget) async throws -> Response {
        isControl = true
        guard connection.channel.remoteAddress?.isLoopback == true else { throw ServiceError.accessDenied }
        return try await context.control.respond(head.method, target, body)
    }

    private func failure(_ error: any Error) -> Response {
        let answer = error as? ServiceError ?? .internalError
        if !(error is ServiceError) { context.logger.error("\((operation ?? .unknown).rawValue) failed: \(error)") }
        return Response(answer, request: id, resource: head.uri, withBody: head.method != .HEAD, dialect)
    }

    private func finish(_ response: inout Response) {
        let now = StoreTime.now.adding(seconds: faults.clockSkew)
        response.headers.add(name: "Date", value: now.httpText)
        response.headers.add(name: "Server", value: "windlass-store")
        for name in dialect.requestIDHeaders { response.headers.add(name: name, value: id) }
        if let name = dialect.secondIDHeader { response.headers.add(name: name, value: "windlass-store") }
    }

    /// Takes what is left of the body where that is little; whether the connection must end because it is much.
    private func settleBody() async -> Bool {
        if body.isAtEnd { return false }
        if body.isUnasked { return true }
        let left = head.headers.first(name: "content-length").flatMap { Int64($0) } ?? (head.isChunked ? .max : 0)
        guard left - body.bytesReceived <= Self.politeness else { return true }
        return await !body.drain(limit: Self.politeness)
    }

    private func count(_ response: Response) {
        if isControl { return }
        context.counters.add(operation ?? .unknown) { count in
            if operation == nil { count.requests += 1 }
            count.bytesIn += body.bytesReceived
            count.bytesOut += response.body.count
            if response.status >= 400 { count.errors += 1 }
        }
        context.logger.debug("\(head.method) \(head.uri.prefix(while: { $0 != "?" })) \((operation ?? .unknown).rawValue) \(response.status)")
    }

    private func send(_ response: Response, closing: Bool) async throws {
        if faults.isEmpty { return try await connection.writer.send(response, version: head.version, closing: closing) }
        if faults.reset(at: .beforeAnswer) != nil { throw Reset() }
        if let stall = faults.stall, stall.afterBytes == nil { try await Task.sleep(for: stall.duration) }
        if faults.changesBody {
            try await FaultyWriter(writer: connection.writer, faults: faults).send(response, version: head.version)
        } else {
            try await connection.writer.send(response, version: head.version, closing: closing)
        }
    }
}

extension HTTPRequestHead {
    fileprivate var isChunked: Bool { headers.contains(name: "transfer-encoding") }
}

extension SocketAddress {
    /// 127.0.0.0/8 and ::1, also as an IPv4-mapped address.
    fileprivate var isLoopback: Bool {
        guard let text = ipAddress else { return self.protocol == .unix }
        return text.hasPrefix("127.") || text == "::1" || text.hasPrefix("::ffff:127.")
    }
}
