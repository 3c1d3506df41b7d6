internal import FileSystemTypes

extension Credentials {
    /// As a service on a right clock gave them: their end moved by as much as our clock differs from the service's.
    ///
    /// On a machine whose clock is wrong, keys would count as ended before their time, or be used after it. Less than a minute is left alone.
    func onOurClock(_ answer: CredentialsResponse, _ time: CredentialsTime) -> Credentials {
        guard let expiration, let theirs = answer.headers["date"].flatMap({ Timestamp(httpDate: $0) }) else { return self }
        let lead = time.now().seconds - theirs.seconds
        guard abs(lead) >= 60, abs(lead) < 100 * 365 * 86_400 else { return self }
        let moved = Timestamp(seconds: expiration.seconds + lead, nanoseconds: expiration.nanoseconds)
        return Credentials(accessKeyID: accessKeyID, secretAccessKey: secretAccessKey, sessionToken: sessionToken, expiration: moved)
    }
}
