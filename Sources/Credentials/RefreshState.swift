internal import FileSystemTypes

/// What a chain knows, and what it is to do next: decisions only, at the moments that its owner names.
struct RefreshState {
    /// An answer of the providers.
    struct Grant {
        let authority: Authority
        let source: String
        let window: RefreshWindow
        /// Of the files that the providers read, taken before they were asked.
        let stamps: [FileStamp?]
    }

    enum Step: Equatable {
        case use(Authority)
        /// Use it, while someone asks for newer.
        case useAndAsk(Authority)
        /// The files may have changed: look, then decide again.
        case look
        case ask
        case fail(CredentialsError)
    }

    /// What the store has said of the credentials at hand.
    enum Standing {
        case good
        /// It may have refused them; they are used as long as there are no others.
        case doubted
        case refused
    }

    private(set) var grant: Grant?
    private var obtained = Timestamp(seconds: 0)
    private(set) var standing = Standing.good
    private var lastRefusalAsk: Timestamp?
    private var lastLook: Timestamp?
    private var nextAsk: Timestamp?
    private var failures = 0
    private var lastError: CredentialsError?

    func step(at now: Timestamp) -> Step {
        guard let grant else { return stepWithoutGrant(at: now) }
        if standing != .good, Self.hasPassed(standing == .refused ? 1 : 10, since: lastRefusalAsk, at: now) { return .ask }
        if standing == .refused, let lastError { return .fail(lastError) }
        if !grant.stamps.isEmpty, Self.hasPassed(1, since: lastLook, at: now) { return .look }
        guard let expiration = grant.authority.expiration else { return .use(grant.authority) }
        let remaining = expiration.seconds - now.seconds
        let lifetime = expiration.seconds - obtained.seconds
        let mayAsk = nextAsk.map { $0 <= now } ?? true
        if remaining <= 0 { return mayAsk ? .ask : .fail(lastError ?? Self.expired(grant)) }
        if mayAsk, grant.window.isMandatory(remaining: remaining, lifetime: lifetime) { return .ask }
        if mayAsk, grant.window.isAdvisory(remaining: remaining, lifetime: lifetime) { return .useAndAsk(grant.authority) }
        return .use(grant.authority)
    }

    private func stepWithoutGrant(at now: Timestamp) -> Step {
        guard let lastError, let nextAsk, now < nextAsk else { return .ask }
        return .fail(lastError)
    }

    /// What a caller gets who has waited for the providers.
    func outcome(at now: Timestamp) -> Result<Authority, CredentialsError> {
        guard let grant else { return .failure(lastError ?? CredentialsError("no source of credentials has answered; try again")) }
        if standing == .refused, let lastError { return .failure(lastError) }
        if let end = grant.authority.expiration, end <= now { return .failure(lastError ?? Self.expired(grant)) }
        return .success(grant.authority)
    }

    /// The providers are being asked.
    mutating func beginAsking(at now: Timestamp) {
        lastLook = now
        if standing != .good { lastRefusalAsk = now }
    }

    /// The files are being looked at.
    mutating func beginLooking(at now: Timestamp) {
        lastLook = now
    }

    /// What the providers gave last is asked for again only once a quarter of its remaining life is over, should it
    /// already be in the window: a service may hand out the old keys until shortly before their end.
    mutating func succeeded(_ new: Grant, at now: Timestamp) {
        grant = new
        obtained = now
        standing = .good
        failures = 0
        lastError = nil
        let remaining = new.authority.expiration.map { max(0, $0.seconds - now.seconds) } ?? 0
        nextAsk = Timestamp(seconds: now.seconds + max(1, remaining / 4), nanoseconds: now.nanoseconds)
    }

    /// Asked again after 1, 2, 4... up to 60 seconds, with up to as much again by `chance`, but no later than when the credentials at hand
    /// end, and from then on every second: nothing works without.
    mutating func failed(_ error: CredentialsError, at now: Timestamp, chance: Double) {
        lastError = error
        if standing == .doubted { standing = .good }
        let pause = min(60, Int64(1) << Int64(min(failures, 6)))
        failures += 1
        let jitter = grant == nil ? 0 : Int64(Double(pause) * chance)
        var next = now.seconds + (grant == nil ? 1 : pause + jitter)
        if let end = grant?.authority.expiration { next = min(next, max(end.seconds, now.seconds + 1)) }
        nextAsk = Timestamp(seconds: next, nanoseconds: now.nanoseconds)
    }

    /// The store has refused `authority`, or may have. What is no longer in use is of no interest.
    mutating func refuse(_ authority: Authority, isCertain: Bool) {
        guard grant?.authority == authority, standing != .refused else { return }
        standing = isCertain ? .refused : .doubted
    }

    /// A clock that was set back does not stop anything.
    private static func hasPassed(_ seconds: Int64, since past: Timestamp?, at now: Timestamp) -> Bool {
        guard let past, past <= now else { return true }
        return Timestamp(seconds: past.seconds + seconds, nanoseconds: past.nanoseconds) <= now
    }

    private static func expired(_ grant: Grant) -> CredentialsError {
        CredentialsError("the credentials from \(grant.source) have expired; renew them")
    }
}
