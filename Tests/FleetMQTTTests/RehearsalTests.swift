import FoundationEssentials
import Glibc
import Rehearsal
import Support
import Testing

@Suite("A child process is watched from its start to its end")
struct ChildProcessTests {
    @Test(
        "its end is known",
        arguments: [
            ("exit 0", ProcessEnd.exited(0)), ("exit 7", .exited(7)), ("kill -KILL $$", .killed(signal: SIGKILL)),
        ])
    func end(script: String, status: ProcessEnd) async throws {
        let child = try await ChildProcess.start("/bin/sh", arguments: ["-c", script])
        #expect(await child.wait() == status)
        #expect(await child.wait(timeout: .zero) == status)
        #expect(child.exitStatus == status)
        child.kill(SIGKILL)
    }

    @Test("it gets its arguments and environment, and its output goes to the file")
    func surroundings() async throws {
        let folder = TemporaryFolder()
        let output = "\(folder.path)/out"
        for _ in 0..<2 {
            let child = try await ChildProcess.start(
                "/bin/sh", arguments: ["-c", "echo $ZUBR_TEST $HOME $1; echo problem >&2", "sh", "a b"],
                environment: ["ZUBR_TEST": "here"], output: output)
            #expect(await child.wait() == .exited(0))
        }
        let home = ProcessInfo.processInfo.environment["HOME"] ?? ""
        let once = "here \(home) a b\nproblem\n"
        #expect(try String(contentsOfFile: output, encoding: .utf8) == once + once)
    }

    @Test("one that does not end in time is told apart, and killed with all it has started")
    func group() async throws {
        let folder = TemporaryFolder()
        let script =
            "trap '' TERM; sleep 600 & echo $! > \(folder.path)/grandchild; mv \(folder.path)/grandchild \(folder.path)/id; wait; sleep 600"
        let child = try await ChildProcess.start("/bin/sh", arguments: ["-c", script])
        #expect(await eventually { access("\(folder.path)/id", R_OK) == 0 })
        #expect(await child.wait(timeout: .milliseconds(1)) == nil)
        #expect(child.isRunning)
        #expect(await child.stop(patience: .milliseconds(50)) == .killed(signal: SIGKILL))
        #expect(!child.isRunning)
        let text = try String(contentsOfFile: "\(folder.path)/id", encoding: .utf8)
        let grandchild = try #require(Int32(text.split(separator: "\n")[0]))
        // Its new parent reaps it; until then it is dead and answers signal 0 as a zombie.
        #expect(await eventually { kill(grandchild, 0) != 0 || isZombie(grandchild) })
        // Ours is reaped.
        #expect(kill(child.id, 0) != 0)
    }

    @Test("Linux ends it with us")
    func leash() async throws {
        // Only a process itself can ask which signal it gets on its parent's death.
        let folder = TemporaryFolder()
        let asking = try await ChildProcess.start(
            "/usr/bin/setpriv", arguments: ["--dump"], output: "\(folder.path)/out")
        #expect(await asking.wait() == .exited(0))
        let dump = try String(contentsOfFile: "\(folder.path)/out", encoding: .utf8)
        #expect(dump.lowercased().contains("parent death signal: kill"))
    }

    @Test("what is not there is named")
    func missing() async throws {
        let failure = await #expect(throws: RehearsalFailure.self) { try await ChildProcess.start("/nowhere/zubrd") }
        #expect(failure?.description == "/nowhere/zubrd cannot be started: No such file or directory")
        let program = #expect(throws: RehearsalFailure.self) { try systemProgram("no-such", package: "some-package") }
        #expect(program?.description == "no-such is not installed; install it with: sudo apt-get install some-package")
        #expect(throws: RehearsalFailure.self) { try sibling(program: "no-such") }
    }

    private func isZombie(_ id: Int32) -> Bool {
        let text = (try? String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8)) ?? ""
        return text.contains(") Z ")
    }
}

@Suite("A private broker runs with the shipped settings")
struct PrivateBrokerTests {
    private let shipped = """
        # A reason.
        persistence true
        listener 1883 127.0.0.1
        use_username_as_clientid true
        allow_anonymous false
        password_file /etc/mosquitto/zubr.passwords
        acl_file /etc/mosquitto/zubr.acl
        set_tcp_nodelay true
        """

    private func configuration(_ access: BrokerAccess, user: String? = nil) -> [String] {
        BrokerConfiguration(
            shipped: shipped, port: 20_001, folder: "/tmp/b", access: access, accessList: "/c/mosquitto.acl", user: user
        ).text.split(separator: "\n").map(String.init).filter { !$0.hasPrefix("#") }
    }

    @Test("only where and for whom it listens is its own")
    func ownPlace() {
        let place = ["persistence_location /tmp/b/", "log_dest file /tmp/b/mosquitto.log", "listener 20001 127.0.0.1"]
        #expect(
            configuration(.anonymous, user: "root")
                == ["user root"] + place + ["allow_anonymous true", "persistence true", "set_tcp_nodelay true"])
        #expect(
            configuration(.accounts([:]))
                == place + [
                    "allow_anonymous false", "password_file /tmp/b/passwords", "acl_file /c/mosquitto.acl",
                    "persistence true", "use_username_as_clientid true", "set_tcp_nodelay true",
                ])
        #expect(
            configuration(.tls(certificateFile: "/c.pem", keyFile: "/k.pem"))
                == place + [
                    "allow_anonymous true", "certfile /c.pem", "keyfile /k.pem", "persistence true",
                    "set_tcp_nodelay true",
                ])
        #expect(
            configuration(.certificates(certificateFile: "/c.pem", keyFile: "/k.pem", clientAuthorityFile: "/a.pem"))
                == place + [
                    "allow_anonymous false", "certfile /c.pem", "keyfile /k.pem", "cafile /a.pem",
                    "require_certificate true", "use_identity_as_username true", "acl_file /c/mosquitto.acl",
                    "persistence true", "use_username_as_clientid true", "set_tcp_nodelay true",
                ])
    }

    @Test("the shipped file is accepted by mosquitto as it is, but for the place of its files")
    func shippedFile() async throws {
        let folder = TemporaryFolder()
        let port = try freeLoopbackPort()
        var text = try String(contentsOfFile: configurationFolder() + "/mosquitto.conf", encoding: .utf8)
        text = text.replacing("listener 1883", with: "listener \(port)")
            .replacing("/etc/mosquitto/zubr.passwords", with: "\(folder.path)/passwords")
            .replacing("/etc/mosquitto/zubr.acl", with: "\(folder.path)/acl")
        text += "persistence_location \(folder.path)/\n" + (geteuid() == 0 ? "user root\n" : "")
        try text.write(toFile: "\(folder.path)/m.conf", atomically: true, encoding: .utf8)
        try "".write(toFile: "\(folder.path)/passwords", atomically: true, encoding: .utf8)
        try String(contentsOfFile: configurationFolder() + "/mosquitto.acl", encoding: .utf8)
            .write(toFile: "\(folder.path)/acl", atomically: true, encoding: .utf8)
        let broker = try await ChildProcess.start(
            systemProgram("mosquitto", package: "mosquitto"), arguments: ["-c", "\(folder.path)/m.conf"],
            output: "\(folder.path)/out")
        #expect(
            await eventually {
                ((try? String(contentsOfFile: "\(folder.path)/out", encoding: .utf8)) ?? "").contains("running")
            })
        #expect(await broker.stop() == .exited(0))
        let said = try String(contentsOfFile: "\(folder.path)/out", encoding: .utf8)
        #expect(!said.contains("Error"))
    }

    @Test("one that cannot start says why")
    func failure() async throws {
        let folder = TemporaryFolder()
        let port = try freeLoopbackPort()
        let first = try await PrivateBroker.start(folder: folder.path + "/a", port: port)
        let source = TemporaryFolder()
        try "no_such_setting 1\n".write(toFile: "\(source.path)/mosquitto.conf", atomically: true, encoding: .utf8)
        let failure = await #expect(throws: RehearsalFailure.self) {
            try await PrivateBroker.start(folder: folder.path + "/b", configuration: source.path)
        }
        #expect(failure?.description.contains("no_such_setting") == true)
        await first.stop()
        await first.stop()
    }
}
