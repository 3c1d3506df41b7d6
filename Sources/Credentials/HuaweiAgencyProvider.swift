/// The agency of a Huawei Cloud server (ECS), through its metadata service: with a session token, or without one where the service is older.
///
/// Source: Huawei ECS, "Obtaining metadata"; the header names are those of Huawei's OBS SDK.
package struct HuaweiAgencyProvider: CredentialsProvider {
    package let name = "ECS agency"
    private let base: String
    private let call: ServiceCall

    package init(http: any CredentialsHTTP, base: String = "http://169.254.169.254", time: CredentialsTime = .system) {
        self.base = base
        call = ServiceCall(http: http, time: time, timeout: .seconds(1), attempts: 3, pause: .milliseconds(100), doubles: true)
    }

    package func authority() async throws(CredentialsError) -> Authority? {
        guard let token = try await sessionToken() else { return nil }
        let headers = token.isEmpty ? [] : [(name: "X-securitykey-Token", value: token)]
        let response = try await call.send("GET", "\(base)/openstack/latest/securitykey", headers: headers)
        switch response.status {
        case 200: return .keys(try HuaweiKeys.parse(response.body, from: name).onOurClock(response, call.time))
        case 404: return nil
        default: throw CredentialsError("the metadata service of this server answered \(response.status); check that the server has an agency")
        }
    }

    /// Empty where the service knows no tokens, nil where there is no service.
    private func sessionToken() async throws(CredentialsError) -> String? {
        let ttl = (name: "X-securitykey-Token-Ttl-Seconds", value: "21600")
        guard let response = try? await call.send("PUT", "\(base)/meta-data/latest/api/token", headers: [ttl]) else { return nil }
        switch response.status {
        case 200:
            guard response.text.isEmpty || response.text.isHeaderText else {
                throw CredentialsError("the metadata service gave a token that is none; see what answers at \(base)")
            }
            return response.text
        case 404, 405: return ""
        default: throw CredentialsError("the metadata service of this server answered \(response.status) to the request for a token; try again later")
        }
    }
}
