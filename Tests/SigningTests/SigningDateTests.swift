import FileSystemTypes
import Foundation
import Signing
import Testing

@Suite struct SigningDateTests {
    @Test func readsAndWritesDates() throws {
        let moment = Timestamp(seconds: 1_773_480_413)
        #expect(Timestamp(httpDate: "Sat, 14 Mar 2026 09:26:53 GMT") == moment)
        #expect(SigningDate(moment).basic == "20260314T092653Z")
        #expect(SigningDate(moment).http == "Sat, 14 Mar 2026 09:26:53 GMT")
        #expect(SigningDate(Timestamp(seconds: -1)).http == "Wed, 31 Dec 1969 23:59:59 GMT")
        #expect(Timestamp(iso8601: "2026-03-14T09:26:53.120Z") == Timestamp(seconds: moment.seconds, nanoseconds: 120_000_000))
        for text in ["", "Sat, 14 Foo 2026 09:26:53 GMT", "2026-03-14", "2026-13-14T00:00:00Z", "2026-03-14T25:00:00Z", "T", "::"] {
            #expect(Timestamp(httpDate: text) == nil)
            #expect(Timestamp(iso8601: text) == nil)
        }
    }

    /// Days over four centuries and both sides of 1970, against Foundation's calendar.
    @Test func agreesWithFoundationsCalendar() throws {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = try #require(TimeZone(identifier: "UTC"))
        for day in stride(from: -40_000, to: 110_000, by: 37) {
            let timestamp = Timestamp(seconds: Int64(day) * 86_400 + 3723)
            let civil = CivilTime(timestamp)
            let parts = calendar.dateComponents([.year, .month, .day], from: Date(timeIntervalSince1970: Double(timestamp.seconds)))
            #expect(civil.year == parts.year && civil.month == parts.month && civil.day == parts.day, "day \(day)")
            #expect((civil.hour, civil.minute, civil.second) == (1, 2, 3))
            #expect(civil.timestamp() == timestamp)
        }
    }
}
