import FleetModel
import Foundation
import Support
import Testing

@testable import FleetEnrolment

/// The broker's files in a folder of their own.
struct Door {
    let folder = TemporaryFolder()
    var passwords: String { "\(folder.path)/passwords" }
    var list: String { "\(folder.path)/acl" }
    var authority: Authority { Authority(folder: "\(folder.path)/authority") }
    var enrolment: Enrolment { Enrolment(passwordFile: passwords, accessList: list, authority: authority) }

    init() throws {
        let shipped = project("Config/mosquitto.acl")
        try FileManager.default.copyItem(atPath: shipped, toPath: list)
    }

    func read(_ path: String) -> String { (try? String(contentsOfFile: path, encoding: .utf8)) ?? "" }
    var files: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted() }
    func mode(_ path: String) -> UInt32 {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & 0o7777 : 0
    }
}

/// A file of the project, by its path from the top.
func project(_ path: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent(path).path
}

func user(_ name: String) -> BrokerUser { BrokerUser(name)! }

@Suite("Enrolment")
struct EnrolmentTests {
    @Test("a password is random, shown once, and only its hash is in the broker's file")
    func password() throws {
        let door = try Door()
        let report = try door.enrolment.enrol([user("north/t1"), user("north/t2")], by: .password)
        let made = report.enrolled.compactMap(\.password)
        #expect(report.enrolled.map(\.user) == ["north/t1", "north/t2"])
        #expect(Set(made).count == 2)
        #expect(made.allSatisfy { $0.wholeMatch(of: #/[A-Za-z0-9_-]{32}/#) != nil }, "\(made)")
        let file = door.read(door.passwords)
        #expect(file.split(separator: "\n").count == 2)
        #expect(file.split(separator: "\n").allSatisfy { $0.contains(#/^north/t[12]:\$7\$/#) })
        #expect(made.allSatisfy { !file.contains($0) })
        #expect(report.addedPatterns.isEmpty, "the shipped list is complete")
        #expect(door.files == ["acl", "passwords"], "nothing is left lying about")
    }

    @Test("a file that is not there is told from one that cannot be reached")
    func unreachableFile() throws {
        let door = try Door()
        #expect(try GuardedFile(path: "\(door.folder.path)/none").read() == nil)
        // Its folder is a file; root may look into every folder, so a forbidden one would not show it.
        #expect(throws: EnrolmentFailure.self) { try GuardedFile(path: "\(door.list)/passwords").read() }
    }

    @Test("who is enrolled keeps its password, unless it is to have a new one; others are never touched")
    func again() throws {
        let door = try Door()
        try "zubrd:$7$101$kept\n".write(toFile: door.passwords, atomically: true, encoding: .utf8)
        chmod(door.passwords, 0o604)
        _ = try door.enrolment.enrol([user("north/t1")], by: .password)
        let first = door.read(door.passwords)
        #expect(try door.enrolment.enrol([user("north/t1")], by: .password).known == ["north/t1"])
        #expect(door.read(door.passwords) == first)
        #expect(try door.enrolment.enrol([user("north/t1")], by: .password, isRenewal: true).enrolled.count == 1)
        let second = door.read(door.passwords)
        #expect(second != first)
        #expect(second.hasPrefix("zubrd:$7$101$kept\n"))
        #expect(second.split(separator: "\n").count == 2)
        #expect(door.mode(door.passwords) == 0o604)
    }

    @Test("a credentials file is its owner's alone, and one that is there is not overwritten")
    func credentialsFile() throws {
        let door = try Door()
        let file = "\(door.folder.path)/new.csv"
        let report = try door.enrolment.enrol([user("north/t1")], by: .password, credentials: file)
        #expect(report.enrolled.first?.password == nil)
        #expect(door.read(file).wholeMatch(of: #/user,password\nnorth/t1,[A-Za-z0-9_-]{32}\n/#) != nil)
        #expect(door.mode(file) == 0o600)
        let before = door.read(door.passwords)
        #expect(throws: EnrolmentFailure.self) {
            try door.enrolment.enrol([user("north/t2")], by: .password, credentials: file)
        }
        #expect(door.read(door.passwords) == before)
    }

    @Test("a dry run changes nothing")
    func dryRun() throws {
        let door = try Door()
        try door.enrolment.enrol([user("north/t1")], by: .password)
        let before = [door.read(door.passwords), door.read(door.list)]
        let report = try door.enrolment.enrol([user("north/t2")], by: .certificate(days: 1), isDryRun: true)
        #expect(report.enrolled.map(\.user) == ["north/t2"])
        #expect(try door.enrolment.withdraw([user("north/t1")], isDryRun: true).passwords == ["north/t1"])
        #expect([door.read(door.passwords), door.read(door.list)] == before)
        #expect(door.files == ["acl", "passwords"])
    }

    @Test("withdrawing takes the password and shuts out; a name that nobody has is an error and withdraws nobody")
    func withdraw() throws {
        let door = try Door()
        let shipped = door.read(door.list)
        try door.enrolment.enrol([user("north/t1"), user("north/t2")], by: .password)
        #expect(throws: EnrolmentFailure.self) { try door.enrolment.withdraw([user("north/t1"), user("north/t9")]) }
        #expect(door.read(door.passwords).contains("north/t1:"))
        for _ in 0..<2 {
            _ = try door.enrolment.withdraw([user("north/t1")])
            #expect(!door.read(door.passwords).contains("north/t1:"))
            #expect(door.read(door.passwords).contains("north/t2:"))
            #expect(door.read(door.list).hasSuffix("user north/t1\ntopic deny zubr/v1/north/t1/#\n"))
        }
        #expect(try door.enrolment.credentials().map(\.isShutOut) == [true, false])
        try door.enrolment.enrol([user("north/t1")], by: .password)
        #expect(door.read(door.list) == shipped)
        #expect(try door.enrolment.credentials().map(\.isShutOut) == [false, false])
    }

    @Test(
        "a name that a proof has no room for is refused with the other proof",
        arguments: [
            ("a:b/t1", Enrolment.Proof.password, "--certificate"),
            (String(repeating: "a", count: 62) + "/t1", .certificate(days: 1), "password"),
        ])
    func roomForNames(name: String, proof: Enrolment.Proof, hint: String) throws {
        let door = try Door()
        let failure = #expect(throws: EnrolmentFailure.self) { try door.enrolment.enrol([user(name)], by: proof) }
        #expect(failure?.description.contains(hint) == true)
        #expect(door.files == ["acl"])
    }

    @Test("the name of a service center is no machine's, and no wildcard is a name")
    func names() {
        #expect(throws: EnrolmentFailure.self) { try BrokerUser(MachineKey("centers/belovo")!) }
        for name in ["north/+", "#", "north/t1/x", "north", "north/"] { #expect(BrokerUser(name) == nil) }
        #expect(user("../..").fileName == "..~..")
    }

    @Test("a certificate is the user's by its common name, is listed, and once withdrawn is on the list of the revoked")
    func certificate() throws {
        let door = try Door()
        let report = try door.enrolment.enrol([user("north/t1"), user("a:b/t2")], by: .certificate(days: 30))
        #expect(report.madeAuthority)
        let certificate = try #require(report.enrolled.last?.certificate)
        let subject = try Tool.run(
            "openssl", ["x509", "-in", certificate, "-noout", "-subject", "-nameopt", "sep_multiline,utf8"],
            package: "openssl")
        #expect(subject.contains("CN=north/t1\n"), "\(subject)")
        #expect(door.mode(try #require(report.enrolled.last?.key)) == 0o600)
        #expect(door.mode("\(door.authority.folder)/private") == 0o700)
        let listed = try door.enrolment.credentials()
        #expect(listed.map(\.user) == ["a:b/t2", "north/t1"])
        #expect(listed.allSatisfy { $0.certificateExpiresAt != nil && !$0.hasPassword && !$0.isShutOut })

        #expect(
            try !door.enrolment.enrol([user("north/t1")], by: .certificate(days: 30), isRenewal: true).madeAuthority)
        #expect(try door.authority.issued().map(\.isRevoked).filter { $0 }.count == 1)
        #expect(try door.enrolment.withdraw([user("north/t1")]).certificates == ["north/t1"])
        let revoked = try door.authority.issued().filter(\.isRevoked)
        #expect(revoked.map(\.user) == ["north/t1", "north/t1"])
        let list = try Tool.run(
            "openssl", ["crl", "-in", door.authority.revocationFile, "-noout", "-text"], package: "openssl")
        for issue in revoked { #expect(list.contains("Serial Number: \(issue.serial)")) }
        #expect(try door.enrolment.credentials().map(\.isShutOut) == [false, true])
    }

    @Test("two enrolments at once do not lose each other's machines")
    func together() async throws {
        let door = try Door()
        let enrolment = door.enrolment
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<8 {
                group.addTask { _ = try enrolment.enrol([user("north/t\(number)")], by: .password) }
            }
            try await group.waitForAll()
        }
        #expect(try enrolment.credentials().map(\.user) == (0..<8).map { "north/t\($0)" })
    }

    @Test("while one works on the files, another waits for the lock on their folder")
    func lock() throws {
        let door = try Door()
        let other = open(door.folder.path, O_RDONLY | O_DIRECTORY)
        defer { close(other) }
        try GuardedFile(path: door.passwords).locked {
            #expect(flock(other, LOCK_EX | LOCK_NB) != 0)
            #expect(errno == EWOULDBLOCK)
        }
        #expect(flock(other, LOCK_EX | LOCK_NB) == 0)
    }

    @Test("a file that cannot be replaced stays whole, and nothing is left beside it")
    func failedReplacement() throws {
        let door = try Door()
        // A folder where the file should be: the rename fails after all was written, as a crash before it would leave it.
        try FileManager.default.createDirectory(atPath: "\(door.passwords)/x", withIntermediateDirectories: true)
        let file = GuardedFile(path: door.passwords)
        #expect(throws: EnrolmentFailure.self) { try file.replace(with: "north/t1:x\n") }
        #expect(door.files == ["acl", "passwords"])
        #expect(FileManager.default.fileExists(atPath: "\(door.passwords)/x"))
    }
}
