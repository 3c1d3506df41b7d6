internal import Foundation

/// The role of an ECS task or an EKS pod, through the service that the container's environment names.
///
/// Source: "Container credential provider", AWS SDKs and Tools Reference Guide.
package struct ContainerProvider: CredentialsProvider {
    package let name = "container credentials"
    private let environment: Variables
    private let base: String
    private let call: ServiceCall

    /// `base` is what `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI` is relative to.
    package init(
        environment: [String: String], http: any CredentialsHTTP, base: String = "http://169.254.170.2", time: CredentialsTime = .system
    ) {
        self.environment = Variables(environment)
        self.base = base
        call = ServiceCall(http: http, time: time, timeout: .seconds(2), attempts: 3, pause: .seconds(1), doubles: false)
    }

    package func authority() async throws(CredentialsError) -> Authority? {
        guard let url = try address() else { return nil }
        let headers = try await authorization().map { [(name: "Authorization", value: $0)] } ?? []
        let answer = try await call.send("GET", url, headers: [(name: "Accept", value: "application/json")] + headers)
        guard answer.status == 200 else {
            throw CredentialsError("\(name): the service answered \(answer.status); check the role of the task and its authorization token")
        }
        return .keys(try ServiceKeys.parse(answer.body, from: name).onOurClock(answer, call.time))
    }

    private func address() throws(CredentialsError) -> String? {
        if let relative = environment["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] {
            guard relative.hasPrefix("/"), relative.isHeaderText else {
                throw CredentialsError("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI does not begin with a slash; correct it")
            }
            return base + relative
        }
        guard let full = environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] else { return nil }
        guard full.isHeaderText, ServiceAddress.isContainerService(full) else {
            throw CredentialsError("AWS_CONTAINER_CREDENTIALS_FULL_URI names neither https nor this machine; a token would be readable on the way")
        }
        return full
    }

    /// The file wins, and is read each time: the platform replaces it.
    private func authorization() async throws(CredentialsError) -> String? {
        var token = environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"]
        if let path = environment["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] {
            guard let text = try await SmallFile.load(path) else {
                throw CredentialsError("there is no \(path); correct AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")
            }
            token = text.trimmingCharacters(in: .whitespacesAndNewlines)
        }
        guard token?.utf8.allSatisfy({ (0x20...0x7e).contains($0) }) != false else {
            throw CredentialsError("the container's authorization token contains line ends or control characters; write it again")
        }
        return token
    }
}
