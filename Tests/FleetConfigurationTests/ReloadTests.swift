import FleetConfiguration
import FleetModel
import Testing

@Suite("a configuration in place of another")
struct ReloadTests {
    private func loaded() throws -> FleetConfiguration {
        try FleetConfiguration.load("\(configFolder)/zubrd.yaml", now: testNow)
    }

    @Test(
        "what only a restart can bring is named and stays as it is",
        arguments: ["database", "socket", "broker", "clock", "limits.batch_messages", "limits.batch_bytes"])
    func needsRestart(name: String) throws {
        let running = try loaded()
        var read = running
        switch name {
        case "database": read.daemon.database = "/elsewhere/zubr.db"
        case "socket": read.daemon.socket = "/elsewhere/z.sock"
        case "broker": read.daemon.broker.port = 8_883
        case "clock": read.daemon.clock = ClockSettings(epoch: testNow, rate: 60)
        case "limits.batch_messages": read.daemon.limits.batchMessages = 7
        default: read.daemon.limits.batchBytes = 7_000
        }
        read.daemon.limits.bodyBytes = 4_711
        #expect(running.settingsThatNeedRestart(for: read) == [name])
        let next = running.taking(read)
        #expect(running.settingsThatNeedRestart(for: next).isEmpty)
        #expect(next.daemon.limits.bodyBytes == 4_711)
    }

    @Test("everything else is taken")
    func taken() throws {
        let running = try loaded()
        var read = running
        read.rules.removeLast()
        read.desk.answerWithin = .hours(1)
        read.daemon.log = .debug
        read.daemon.backup = BackupSettings(folder: "/var/backups/zubr")
        read.daemon.limits.ageMax = .days(7)
        #expect(running.settingsThatNeedRestart(for: read).isEmpty)
        #expect(running.taking(read) == read)
    }

    @Test("backups are off until a folder is given; relative ones are meant from the file")
    func backup() throws {
        #expect(try loaded().daemon.backup == nil)
        let text = "database: z.db\nsocket: z.sock\nbackup: {folder: copies, every: 12h, keep: 3}\nlog: warning\n"
        try withConfiguration(replacing: "zubrd.yaml", by: text) { file in
            let daemon = try FleetConfiguration.load(file, now: testNow).daemon
            let folder = file.replacing("zubrd.yaml", with: "copies")
            #expect(daemon.backup == BackupSettings(folder: folder, every: .hours(12), keep: 3))
            #expect(daemon.log == .warning)
        }
    }

    @Test("readings are kept for ever until an age is given")
    func retention() throws {
        #expect(try loaded().daemon.retention == RetentionSettings())
        let text = "database: z.db\nsocket: z.sock\nretention: {readings: 90d, minutes: 730d}\n"
        try withConfiguration(replacing: "zubrd.yaml", by: text) { file in
            let daemon = try FleetConfiguration.load(file, now: testNow).daemon
            #expect(daemon.retention == RetentionSettings(readings: .days(90), minutes: .days(730)))
        }
    }

    @Test(
        "a retention under which something would go that nothing has taken the place of is refused",
        arguments: [
            "{minutes: 90d}", "{readings: 90d, minutes: 90d}", "{readings: 90d, hours: 900d}", "{readings: 1h}",
            "{readings: 9d, minutes: 90d, hours: 80d}", "{raw: 9d}",
        ])
    func badRetention(section: String) throws {
        let text = "database: z.db\nsocket: z.sock\nretention: \(section)\n"
        try withConfiguration(replacing: "zubrd.yaml", by: text) { file in
            let problem = try #require(problems(of: file)?.problems.first)
            #expect(problem.line == 3)
        }
    }

    @Test(
        "a backup section that cannot be meant is refused",
        arguments: ["{every: 1d}", "{folder: x, keep: 0}", "{folder: x, every: 5s}", "{folder: x, evry: 1d}"])
    func badBackup(section: String) throws {
        let text = "database: z.db\nsocket: z.sock\nbackup: \(section)\n"
        try withConfiguration(replacing: "zubrd.yaml", by: text) { file in
            let problem = try #require(problems(of: file)?.problems.first)
            #expect(problem.line == 3)
        }
    }
}
