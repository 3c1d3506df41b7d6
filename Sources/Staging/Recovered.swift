package import ObjectStorage

/// What the owner before has left: what a mount has to do before anything else, or beside it.
package struct Recovered: Sendable {
    /// A file with changes that are not in the store.
    package struct File: Sendable {
        package let record: FileRecord
        /// What was acknowledged; nil when nothing was: such a file's upload is to be aborted and its record removed.
        package let content: AcknowledgedContent?
        /// The parts that its multipart upload has according to the journal; to be compared with ListParts.
        package let parts: [JournaledPart]
    }

    /// In the order in which their changes began.
    package let files: [File]
    /// Renames and deletes to be finished, in the order in which they were begun.
    package let intents: [Intent]
    /// What was noted of the copies that unfinished renames have made.
    package let movedCopies: [MovedCopy]

    /// Acknowledged content that the store may not have.
    package var unsent: [File] { files.filter { $0.content != nil } }

    /// Uploads that were running: to be resumed with the file's content, or aborted where there is none.
    package var uploads: [(file: File, upload: Upload)] {
        files.compactMap { file in file.record.upload.map { (file, $0) } }
    }

    /// Nothing was left behind.
    package var isEmpty: Bool { files.isEmpty && intents.isEmpty }
}

extension Recovered {
    init(_ database: JournalDatabase) throws(StateError) {
        var contents: [FileID: AcknowledgedContent] = [:]
        for row in try database.rows(ContentRow.self) { contents[row.file] = row.content }
        let parts = Dictionary(grouping: try database.rows(PartRow.self), by: \.file)
        files = try database.rows(FileRecord.self)
            .map { File(record: $0, content: contents[$0.id], parts: (parts[$0.id] ?? []).map(\.part)) }
            .sorted { ($0.record.began, $0.record.id) < ($1.record.began, $1.record.id) }
        intents = try database.rows(Intent.self)
        movedCopies = try database.rows(MovedCopy.self)
    }

    /// The names of the staging files that are still needed.
    var stagingNames: Set<String> {
        Set(files.compactMap { $0.content?.staging?.file })
    }
}
