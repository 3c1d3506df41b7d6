import ArgumentParser

/// Where something is: on this machine, or in a bucket where it is written as a URL.
enum Place: ExpressibleByArgument {
    case local(String)
    case remote(ObjectAddress)

    init?(argument: String) {
        guard ObjectAddress.isURL(argument) else {
            guard !argument.isEmpty else { return nil }
            self = .local(argument)
            return
        }
        guard let address = ObjectAddress(argument: argument) else { return nil }
        self = .remote(address)
    }

    var isRemote: Bool {
        if case .remote = self { true } else { false }
    }
}
