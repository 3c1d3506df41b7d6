internal import FileSystemTypes
internal import Synchronization

/// Asks providers one after the other, remembers what the first one with an answer gave, and renews it in time.
///
/// However many callers there are, the providers are asked by one task at a time. Callers wait for it only when there is nothing
/// usable at hand. Renewal that fails is reported and tolerated as long as the old credentials are valid.
package final class CredentialsChain: Sendable {
    private struct Locked {
        var state = RefreshState()
        var flight: Task<Void, Never>?
    }

    private enum Next {
        case answer(Result<Authority, CredentialsError>)
        case wait(Task<Void, Never>)
    }

    private let providers: [any CredentialsProvider]
    private let time: CredentialsTime
    private let report: @Sendable (CredentialsError) -> Void
    private let locked = Mutex(Locked())
    private let files: [String]

    /// `report` hears of failures that callers do not see because the old credentials still serve.
    package init(
        _ providers: [any CredentialsProvider], time: CredentialsTime = .system,
        report: @escaping @Sendable (CredentialsError) -> Void = { _ in }
    ) {
        self.providers = providers
        self.time = time
        self.report = report
        files = providers.flatMap(\.watchedFiles)
    }

    /// What requests are made with now. Waits at most as long as the providers take.
    package func authority() async throws(CredentialsError) -> Authority {
        // A second round follows when only the files were looked at or somebody else's question was awaited; more than both cannot be of use.
        for _ in 0..<4 {
            switch locked.withLock({ next(&$0) }) {
            case .answer(let result): return try result.get()
            case .wait(let flight): await flight.value
            }
        }
        return try locked.withLock { $0.state.outcome(at: time.now()) }.get()
    }

    /// As `authority`, for stores that take nothing but keys.
    package func credentials() async throws(CredentialsError) -> Credentials {
        try await authority().keys(from: "the configuration")
    }

    /// The store refused `authority`: the next call asks the providers again, but not more often than once a second.
    ///
    /// With `isCertain` false it only may have: then the providers are asked at most every ten seconds, and `authority` stays in use
    /// unless they have another.
    package func invalidate(_ authority: Authority, isCertain: Bool = true) {
        locked.withLock { $0.state.refuse(authority, isCertain: isCertain) }
    }

    /// Somebody says that there may be others: the next call asks the providers.
    package func reread() {
        locked.withLock { locked in
            guard let authority = locked.state.grant?.authority else { return }
            locked.state.refuse(authority, isCertain: false)
        }
    }

    package func invalidate(_ credentials: Credentials) {
        invalidate(.keys(credentials))
    }

    /// Where the credentials in use came from; nil before the first were found.
    package var source: CredentialsSource? {
        locked.withLock { $0.state.grant.map { CredentialsSource(name: $0.source, authority: $0.authority) } }
    }

    private func next(_ locked: inout Locked) -> Next {
        let now = time.now()
        // Whoever comes while new ones are on their way would get those that were refused.
        if locked.state.standing != .good, let flight = locked.flight { return .wait(flight) }
        switch locked.state.step(at: now) {
        case .use(let authority): return .answer(.success(authority))
        case .fail(let error): return .answer(.failure(error))
        case .useAndAsk(let authority):
            _ = flight(&locked, now, askAnyway: true)
            return .answer(.success(authority))
        case .look: return .wait(flight(&locked, now, askAnyway: false))
        case .ask: return .wait(flight(&locked, now, askAnyway: true))
        }
    }

    /// The one task that is under way, or a new one. It is nobody's child: a caller that gives up does not end it for the others.
    private func flight(_ locked: inout Locked, _ now: Timestamp, askAnyway: Bool) -> Task<Void, Never> {
        if let flight = locked.flight { return flight }
        if askAnyway { locked.state.beginAsking(at: now) } else { locked.state.beginLooking(at: now) }
        let known = askAnyway ? nil : locked.state.grant?.stamps
        let flight = Task.detached { await self.refresh(unlessStill: known) }
        locked.flight = flight
        return flight
    }

    private func refresh(unlessStill known: [FileStamp?]?) async {
        let stamps = await self.stamps(orElse: known)
        if let known, stamps == known { return locked.withLock { $0.flight = nil } }
        do throws(CredentialsError) {
            let grant = try await ask(stamps)
            let now = time.now()
            locked.withLock {
                $0.state.succeeded(grant, at: now)
                $0.flight = nil
            }
        } catch {
            let (now, chance) = (time.now(), time.chance())
            let isHidden = locked.withLock {
                $0.state.failed(error, at: now, chance: chance)
                $0.flight = nil
                return (try? $0.state.outcome(at: now).get()) != nil
            }
            if isHidden { report(error) }
        }
    }

    private func ask(_ stamps: [FileStamp?]) async throws(CredentialsError) -> RefreshState.Grant {
        for provider in providers {
            guard let authority = try await provider.authority() else { continue }
            var window = provider.window
            if case .bearer = authority { window = .ibmToken }
            return RefreshState.Grant(authority: authority, source: provider.name, window: window, stamps: stamps)
        }
        let names = providers.map(\.name).joined(separator: ", ")
        throw CredentialsError("no credentials found (looked in: \(names)); set access keys in one of these places, see the README")
    }

    private func stamps(orElse known: [FileStamp?]?) async -> [FileStamp?] {
        let files = files
        guard !files.isEmpty else { return [] }
        let found = try? await BlockingCall.run("looking at credentials files", limit: .seconds(5)) {
            Result<[FileStamp?], CredentialsError>.success(files.map { FileStamp(path: $0) })
        }
        return found ?? known ?? files.map { _ in nil }
    }
}
