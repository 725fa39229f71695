import FoundationEssentials
import Glibc

/// The program of this project with that name, beside the running one or in the build folder.
package func sibling(program: String) throws(RehearsalFailure) -> String {
    try sibling(program, product: program)
}

/// A library of this project that is loaded into programs, by its file; `product` is what builds it.
package func sibling(library: String, product: String) throws(RehearsalFailure) -> String {
    // Installed, libraries are apart from programs.
    try sibling(library, product: product, orIn: [installed("lib")], for: R_OK)
}

private func sibling(
    _ name: String, product: String, orIn others: [String] = [], for use: Int32 = X_OK
) throws(RehearsalFailure) -> String {
    var places = [executableFolder()] + others
    // Under `swift test` the running program may be the toolchain's, and the working directory the project's.
    let here = FileManager.default.currentDirectoryPath
    places += ["\(here)/.build/debug", "\(here)/.build/release"]
    for place in places {
        let path = "\(place)/\(name)"
        if access(path, use) == 0 { return path }
    }
    throw RehearsalFailure(
        "\(name) is not beside this program (looked in \(places.joined(separator: ", "))); build it with: swift build --product \(product)"
    )
}

/// A program of the system, by its name; `package` is the Debian package that brings it.
package func systemProgram(_ name: String, package: String) throws(RehearsalFailure) -> String {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    // Debian keeps servers in sbin, which is not in everybody's path.
    let places = path.split(separator: ":").map(String.init) + ["/usr/sbin", "/usr/bin", "/usr/local/sbin"]
    for place in places {
        let candidate = "\(place)/\(name)"
        if access(candidate, X_OK) == 0 { return candidate }
    }
    throw RehearsalFailure("\(name) is not installed; install it with: sudo apt-get install \(package)")
}

/// The configuration that counts here: from `ZUBR_CONFIG`, the project's `Config` above the running program or the
/// working directory, or `/etc/zubr`.
package func configurationFolder() throws(RehearsalFailure) -> String {
    if let found = try namedConfiguration() ?? projectConfiguration() { return found }
    guard isConfiguration("/etc/zubr") else { throw noConfiguration("no /etc/zubr") }
    return "/etc/zubr"
}

/// The configuration as it is shipped, whatever an operator has made of it in `/etc/zubr`: for demonstrations and proofs,
/// which must not meet real machines and centers.
package func shippedConfigurationFolder() throws(RehearsalFailure) -> String {
    if let found = try namedConfiguration() ?? projectConfiguration() { return found }
    let installed = "\(sharedFolder())/Config"
    guard isConfiguration(installed) else { throw noConfiguration("no \(installed)") }
    return installed
}

/// What is installed beside the programs and the same for everybody: `share/zubr` beside their `bin`.
package func sharedFolder() -> String { installed("share") }

/// Our folder in one of those beside the programs' `bin`.
private func installed(_ kind: String) -> String {
    let programs = executableFolder()
    return "\(programs[..<(programs.lastIndex(of: "/") ?? programs.startIndex)])/\(kind)/zubr"
}

private func namedConfiguration() throws(RehearsalFailure) -> String? {
    guard let named = ProcessInfo.processInfo.environment["ZUBR_CONFIG"], !named.isEmpty else { return nil }
    guard isConfiguration(named) else {
        throw RehearsalFailure("ZUBR_CONFIG is \(named), where there is no mosquitto.conf; correct or unset it")
    }
    return named
}

private func projectConfiguration() -> String? {
    for start in [executableFolder(), FileManager.default.currentDirectoryPath] {
        var folder = start[...]
        while !folder.isEmpty {
            let candidate = "\(folder)/Config"
            if isConfiguration(candidate) { return candidate }
            folder = folder[..<(folder.lastIndex(of: "/") ?? folder.startIndex)]
        }
    }
    return nil
}

private func noConfiguration(_ absent: String) -> RehearsalFailure {
    RehearsalFailure(
        "no configuration: there is no Config folder above this program or the working directory, and \(absent); set ZUBR_CONFIG to the folder"
    )
}

private func isConfiguration(_ folder: String) -> Bool { access("\(folder)/mosquitto.conf", R_OK) == 0 }

private func executableFolder() -> String {
    let path = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    return String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
}
