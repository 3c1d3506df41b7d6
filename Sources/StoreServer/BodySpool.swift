/// Takes a body as it arrives: small ones stay in memory for the manifest, others go to a blob.
struct BodySpool {
    /// In bytes.
    static let largestInline = 16 << 10

    private let blobs: BlobFolder
    private let generations: Generations
    private let inlineLimit: Int
    private var head: [UInt8] = []
    private var blob: Blob?
    private var file: SystemFile?
    private var count: Int64 = 0

    init(_ folder: DataFolder, inlineLimit: Int = BodySpool.largestInline) {
        blobs = folder.blobs
        generations = folder.generations
        self.inlineLimit = inlineLimit
    }

    mutating func write(_ bytes: UnsafeRawBufferPointer) throws(FileFailure) {
        count += Int64(bytes.count)
        if file == nil, count <= Int64(inlineLimit) {
            unsafe head.append(contentsOf: bytes)
            return
        }
        if file == nil {
            let (blob, file) = try blobs.create(id: generations.next())
            self.blob = blob
            self.file = file
            try file.write(head)
            head = []
        }
        try unsafe file?.write(bytes)
    }

    /// Where the bytes are now, and those that go into the manifest.
    var content: (content: StoredContent, inline: [UInt8]) {
        guard let blob else { return (inlineLimit == 0 ? .segments([]) : .inline, head) }
        return (.segments([Segment(blob: blob, offset: 0, count: count)]), [])
    }
}
