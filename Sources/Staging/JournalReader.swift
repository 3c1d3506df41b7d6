internal import Foundation
internal import GRDB
internal import ObjectStorage

/// Reads rows and their checks, on the journal's thread.
struct JournalReader {
    let database: Database
    let path: String

    func rows<Value: JournalRow>(_ type: Value.Type, of file: FileID? = nil) throws -> [Value] {
        let condition = file == nil ? "" : " WHERE \(Value.table == FileRecord.table ? "id" : "file") = ?"
        let statement = try database.cachedStatement(sql: "SELECT * FROM \(Value.table)\(condition) ORDER BY 1, 2")
        let arguments: StatementArguments = if let file { [file.number] } else { [] }
        return try Row.fetchAll(statement, arguments: arguments).map { try value(Array($0.databaseValues)) }
    }

    func row<Value: JournalRow>(_ type: Value.Type, of file: FileID) throws -> Value? {
        try rows(type, of: file).first
    }

    private func value<Value: JournalRow>(_ columns: [DatabaseValue]) throws -> Value {
        guard let last = columns.last, let check = Int64.fromDatabaseValue(last),
            RowCheck.check(of: columns.dropLast(), in: Value.table) == check, let value = Value(Columns(values: columns.dropLast()))
        else {
            let id = columns.first.flatMap { Int64.fromDatabaseValue($0) } ?? 0
            throw JournalDatabase.damaged(path, "the record \(id) in table \(Value.table) is not what was written")
        }
        return value
    }
}
