import NIOCore
import NIOHTTP1

/// Sends an answer that is damaged, cut, held up or broken off on its way. The connection ends after it.
struct FaultyWriter {
    let writer: ResponseWriter
    let faults: FaultSet

    /// The connection shall be reset now.
    private struct Reset: Error {}

    func send(_ response: Response, version: HTTPVersion) async throws {
        var announced = response
        announced.contentLength += faults.lengthDifference ?? 0
        writer.sendHead(announced, version: version, closing: true)
        writer.channel.flush()
        if faults.reset(at: .afterHeaders) != nil { try await breakOff() }
        let total = response.body.count
        if let stall = faults.stall, let after = stall.afterBytes {
            try await sendBody(response.body, from: 0, to: min(after, total))
            try await Task.sleep(for: stall.duration)
            try await sendBody(response.body, from: min(after, total), to: total)
        } else {
            try await sendBody(response.body, from: 0, to: end(of: total))
        }
        if faults.reset(at: .inBody) != nil { try await breakOff() }
        try await writer.channel.writeAndFlush(HTTPServerResponsePart.end(nil)).get()
    }

    /// Where the body is cut.
    private func end(of total: Int64) -> Int64 {
        if let afterBytes = faults.reset(at: .inBody) { return min(afterBytes, total) }
        return max(0, total - (faults.missingBytes ?? 0))
    }

    private func sendBody(_ body: Response.Body, from start: Int64, to end: Int64) async throws {
        let corrupt = faults.corruptOffsets(count: body.count)
        try await writer.sendBody(body, limit: end) { bytes, offset in
            for place in corrupt where place >= offset && place < offset + Int64(bytes.count) { bytes[Int(place - offset)] ^= 1 }
            if offset < start { bytes.removeFirst(Int(min(start - offset, Int64(bytes.count)))) }
        }
    }

    /// Gives what was sent the time to arrive, so that the peer sees it before the reset.
    private func breakOff() async throws {
        try await Task.sleep(for: .milliseconds(50))
        throw Reset()
    }
}

extension FaultSet {
    /// Whether the connection is of no use after the answer.
    var endsConnection: Bool { changesBody }
}
