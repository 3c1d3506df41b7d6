internal import CXML2
package import FileSystemTypes
package import ObjectStorage

/// What a document consists of, element by element. `end` gets the text directly inside the element, without its children's.
package protocol XMLHandler: AnyObject {
    func start(_ name: String, depth: Int)
    func end(_ name: String, parent: String?, text: String)
}

/// libxml2's push parser (xmlCreatePushParserCtxt) with limits; entities and document types are refused.
package final class XMLPushParser {
    /// No document of a store comes near these.
    private enum Limit {
        static let depth = 32
        static let elements = 500_000
        static let textBytes = 1 << 20
    }

    private let handler: any XMLHandler
    private var names: [String] = []
    private var texts: [[UInt8]] = []
    private var elements = 0
    private var problem: String?

    private init(_ handler: any XMLHandler) {
        self.handler = handler
    }

    /// Feeds a whole document to `handler`. Blanks before the document are passed over: stores send them to keep a connection alive.
    package static func parse(_ document: Bytes, _ handler: any XMLHandler) throws(StoreError) {
        let parser = XMLPushParser(handler)
        let bytes = document.contiguous.drop { $0 == 32 || $0 == 10 || $0 == 13 || $0 == 9 }
        if let problem = parser.run(bytes) {
            throw StoreError(.invalidResponse, "the store's answer is not the XML expected: \(problem)")
        }
    }

    /// What is wrong with the document, nil when nothing is.
    private func run(_ bytes: ArraySlice<UInt8>) -> String? {
        var callbacks = unsafe Self.callbacks()
        let this = unsafe Unmanaged.passUnretained(self).toOpaque()
        guard let context = unsafe xmlCreatePushParserCtxt(&callbacks, this, nil, 0, nil) else { return "out of memory" }
        defer { unsafe xmlFreeParserCtxt(context) }
        // Of this thread: what is wrong with an encoding is told to nobody else, and printed unless somebody listens.
        unsafe xmlSetStructuredErrorFunc(nil) { _, _ in }
        unsafe _ = xmlCtxtUseOptions(context, CInt(XML_PARSE_NONET.rawValue | XML_PARSE_NOCDATA.rawValue))
        let status = unsafe bytes.withUnsafeBytes { raw in
            unsafe xmlParseChunk(context, raw.baseAddress?.assumingMemoryBound(to: CChar.self), CInt(raw.count), 1)
        }
        if let problem { return problem }
        if status != 0 { return "it is not well-formed (libxml2 error \(status))" }
        return elements == 0 ? "it is empty" : nil
    }

    private static func callbacks() -> xmlSAXHandler {
        var table = unsafe xmlSAXHandler()
        unsafe table.initialized = XML_SAX2_MAGIC
        unsafe table.startElementNs = { context, name, _, _, _, _, _, _, _ in
            unsafe XMLPushParser.of(context).started(unsafe XMLPushParser.text(name))
        }
        unsafe table.endElementNs = { context, _, _, _ in
            unsafe XMLPushParser.of(context).ended()
        }
        unsafe table.characters = { context, bytes, count in
            unsafe XMLPushParser.of(context).characters(UnsafeBufferPointer(start: bytes, count: Int(count)))
        }
        unsafe table.internalSubset = { context, _, _, _ in
            unsafe XMLPushParser.of(context).refuse("it has a document type")
        }
        unsafe table.serror = { _, _ in }
        return unsafe table
    }

    private static func of(_ context: UnsafeMutableRawPointer?) -> XMLPushParser {
        guard let context = unsafe context else { preconditionFailure("libxml2 lost its context") }
        return unsafe Unmanaged<XMLPushParser>.fromOpaque(context).takeUnretainedValue()
    }

    private static func text(_ name: UnsafePointer<xmlChar>?) -> String {
        unsafe name.map { unsafe String(cString: $0) } ?? ""
    }

    private func refuse(_ reason: String) {
        if problem == nil { problem = reason }
    }

    private func started(_ name: String) {
        elements += 1
        if names.count >= Limit.depth { refuse("it is nested deeper than \(Limit.depth) levels") }
        if elements > Limit.elements { refuse("it has more than \(Limit.elements) elements") }
        guard problem == nil else { return }
        handler.start(name, depth: names.count)
        names.append(name)
        texts.append([])
    }

    private func characters(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard problem == nil, !texts.isEmpty else { return }
        unsafe texts[texts.count - 1].append(contentsOf: bytes)
        if texts[texts.count - 1].count > Limit.textBytes { refuse("an element is longer than \(Limit.textBytes) bytes") }
    }

    private func ended() {
        guard problem == nil, let name = names.popLast(), let text = texts.popLast() else { return }
        handler.end(name, parent: names.last, text: String(decoding: text, as: UTF8.self))
    }
}
