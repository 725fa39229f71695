import GRDB
import GRDBSQLite

/// How connections are set up. There is one that writes, and it alone checkpoints: SQLite up to 3.51.2 can damage a
/// file when a checkpoint of one connection meets a commit of another, and Debian's 3.40.1 has no fix.
enum Connections {
    static let pageSize = LeafPacking.pageSize

    static func writer(_ sync: CommitSync = .full) -> Configuration {
        var configuration = shared()
        configuration.label = "FleetStore.writer"
        configuration.prepareDatabase { db in
            try db.execute(
                sql: """
                    PRAGMA journal_mode = WAL;
                    PRAGMA synchronous = \(sync.rawValue);
                    PRAGMA busy_timeout = 5000;
                    PRAGMA wal_autocheckpoint = 0;
                    PRAGMA journal_size_limit = 67108864;
                    PRAGMA mmap_size = 0;
                    PRAGMA cache_size = -8192;
                    """)
        }
        return configuration
    }

    static func reader() -> Configuration {
        var configuration = shared()
        configuration.label = "FleetStore.reader"
        configuration.readonly = true
        configuration.busyMode = .timeout(5)
        configuration.prepareDatabase { db in
            try db.execute(
                sql: """
                    PRAGMA query_only = 1;
                    PRAGMA wal_autocheckpoint = 0;
                    """)
        }
        return configuration
    }

    /// For questions of people. They may sort more than there is memory.
    static func sql() -> Configuration {
        var configuration = reader()
        configuration.label = "FleetStore.sql"
        configuration.prepareDatabase { db in try db.execute(sql: "PRAGMA temp_store = FILE") }
        return configuration
    }

    private static func shared() -> Configuration {
        var configuration = Configuration()
        configuration.foreignKeysEnabled = true
        configuration.prepareDatabase { db in
            try db.execute(
                sql: """
                    PRAGMA trusted_schema = OFF;
                    PRAGMA cell_size_check = ON;
                    PRAGMA temp_store = MEMORY;
                    """)
        }
        return configuration
    }
}
