import FleetModel

/// Why a broker's address cannot be read.
package struct BrokerURLProblem: Error, Hashable, CustomStringConvertible {
    package let description: String
}

extension BrokerSettings {
    /// Reads `mqtt://user:password@host:port`; the user may be left out, the port is then 1883, with `mqtts` 8883.
    ///
    /// A user with a slash, as machines have, is written `north%2Ftruck_1`. `mqtts` trusts the authorities of
    /// `authorityFile`.
    package init(
        url: String, clientID: String, authorityFile: String = "/etc/ssl/certs/ca-certificates.crt"
    ) throws(BrokerURLProblem) {
        func problem(_ what: String) -> BrokerURLProblem {
            BrokerURLProblem(
                description:
                    "\(url.debugDescription) is no broker's address: \(what); write mqtt://user:password@host:port"
            )
        }
        let isSecure = url.hasPrefix("mqtts://")
        guard isSecure || url.hasPrefix("mqtt://") else { throw problem("it begins with neither mqtt:// nor mqtts://") }
        var rest = url.dropFirst(isSecure ? 8 : 7)
        if rest.last == "/" { rest.removeLast() }
        var credentials = Credentials(clientID: clientID)
        if let at = rest.lastIndex(of: "@") {
            let parts = rest[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard let user = percentDecoded(parts[0]), !user.isEmpty else { throw problem("the user is not readable") }
            credentials.user = user
            if parts.count == 2 {
                guard let password = percentDecoded(parts[1]) else { throw problem("the password is not readable") }
                credentials.password = password
            }
            rest = rest[rest.index(after: at)...]
        }
        var host = rest
        var portText: Substring?
        if rest.first == "[" {
            guard let end = rest.firstIndex(of: "]") else { throw problem("the bracket of the IPv6 address is open") }
            host = rest[rest.index(after: rest.startIndex)..<end]
            let after = rest[rest.index(after: end)...]
            guard after.isEmpty || after.first == ":" else { throw problem("after ] only a port may follow") }
            portText = after.isEmpty ? nil : after.dropFirst()
        } else if let colon = rest.lastIndex(of: ":") {
            host = rest[..<colon]
            portText = rest[rest.index(after: colon)...]
        }
        guard !host.isEmpty, !host.contains("/") else { throw problem("the host is missing or has a path") }
        var port = isSecure ? 8883 : 1883
        if let portText {
            guard let number = Int(portText), (1...65_535).contains(number) else {
                throw problem("the port is not a number from 1 to 65535")
            }
            port = number
        }
        self.init(
            host: String(host), port: port, inbox: credentials, post: credentials,
            tls: isSecure ? TLS(authorityFile: authorityFile) : nil)
    }
}

private func percentDecoded(_ text: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
        if byte == UInt8(ascii: "%") {
            guard let high = rest.popFirst(), let low = rest.popFirst(),
                let value = UInt8(String(decoding: [high, low], as: UTF8.self), radix: 16)
            else { return nil }
            bytes.append(value)
        } else {
            bytes.append(byte)
        }
    }
    return String(validating: bytes, as: UTF8.self)
}
