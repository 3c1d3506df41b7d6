internal import FileSystemTypes

extension CredentialsResponse {
    /// By how many seconds our clock is ahead of the service's; nil where that is less than a minute, or not said.
    func lead(of time: CredentialsTime) -> Int64? {
        guard let theirs = headers["date"].flatMap({ Timestamp(httpDate: $0) }) else { return nil }
        let lead = time.now().seconds - theirs.seconds
        return abs(lead) >= 60 ? lead : nil
    }
}

extension Credentials {
    /// As a service on a right clock gave them: their end moved by as much as our clock differs from the service's.
    ///
    /// On a machine whose clock is wrong, keys would count as ended before their time, or be used after it.
    func onOurClock(_ answer: CredentialsResponse, _ time: CredentialsTime) -> Credentials {
        guard let expiration, let lead = answer.lead(of: time) else { return self }
        let moved = Timestamp(seconds: expiration.seconds + lead, nanoseconds: expiration.nanoseconds)
        return Credentials(accessKeyID: accessKeyID, secretAccessKey: secretAccessKey, sessionToken: sessionToken, expiration: moved)
    }
}
