import GRDB

extension Schema {
    /// Times are microseconds since 1970, UTC. `document` is JSON with the keys of the type it holds.
    @Sendable static func version1(_ db: Database) throws {
        try execute(
            """
                -- Every machine that was ever heard of or registered.
                CREATE TABLE machine (
                    id INTEGER PRIMARY KEY,
                    fleet TEXT NOT NULL,
                    equipment TEXT NOT NULL,
                    is_registered INTEGER NOT NULL DEFAULT 0,
                    is_connected INTEGER,
                    connection_at INTEGER,
                    last_received_at INTEGER,
                    -- What the configuration file said of it last; imports do not change it.
                    configured TEXT,
                    UNIQUE (fleet, equipment)
                );

                -- Names that machines had before they changed hands. What still comes under one is not taken.
                CREATE TABLE retired_name (
                    fleet TEXT NOT NULL,
                    equipment TEXT NOT NULL,
                    machine INTEGER NOT NULL REFERENCES machine (id),
                    retired_at INTEGER NOT NULL,
                    PRIMARY KEY (fleet, equipment)
                ) WITHOUT ROWID;
                CREATE INDEX retired_name_machine ON retired_name (machine);

                -- What the owner tells of a machine.
                CREATE TABLE registration (
                    machine INTEGER PRIMARY KEY REFERENCES machine (id),
                    model TEXT NOT NULL,
                    pin TEXT,
                    vin TEXT,
                    site TEXT NOT NULL,
                    owner TEXT NOT NULL,
                    document TEXT NOT NULL
                );

                CREATE TABLE signal (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
                -- Which signals a machine has ever sent: what bounds them.
                CREATE TABLE machine_signal (
                    machine INTEGER NOT NULL REFERENCES machine (id),
                    signal INTEGER NOT NULL REFERENCES signal (id),
                    PRIMARY KEY (machine, signal)
                ) WITHOUT ROWID;

                -- One row a commit, machine and hour of the machine's clock; frames is a frame block.
                CREATE TABLE journal (
                    id INTEGER PRIMARY KEY,
                    machine INTEGER NOT NULL REFERENCES machine (id),
                    hour INTEGER NOT NULL,
                    received_at INTEGER NOT NULL,
                    frames BLOB NOT NULL
                );
                CREATE INDEX journal_machine_hour ON journal (machine, hour);

                -- The exact set of stored frames. Numbers are unsigned 64-bit, kept in their bits.
                CREATE TABLE sequence_range (
                    machine INTEGER NOT NULL REFERENCES machine (id),
                    boot INTEGER NOT NULL,
                    first INTEGER NOT NULL,
                    last INTEGER NOT NULL,
                    PRIMARY KEY (machine, boot, first)
                ) WITHOUT ROWID;

                CREATE TABLE quarantine (
                    id INTEGER PRIMARY KEY AUTOINCREMENT,
                    received_at INTEGER NOT NULL,
                    topic TEXT NOT NULL,
                    body BLOB NOT NULL,
                    reason TEXT NOT NULL,
                    detail TEXT NOT NULL,
                    released_at INTEGER,
                    -- Of topic and body, and how often this very message has come.
                    digest INTEGER NOT NULL,
                    times INTEGER NOT NULL DEFAULT 1
                );
                CREATE INDEX quarantine_digest ON quarantine (digest);

                CREATE TABLE reply (
                    id INTEGER PRIMARY KEY AUTOINCREMENT,
                    center TEXT NOT NULL,
                    reply TEXT NOT NULL,
                    received_at INTEGER NOT NULL,
                    document TEXT NOT NULL,
                    UNIQUE (center, reply)
                );

                -- Where readers of the store stand, and the numbers given last.
                CREATE TABLE cursor (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
                -- Running totals, so that nobody has to count.
                CREATE TABLE total (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;

                -- What the evaluator remembers; latest is a frame block of the newest value of each signal.
                CREATE TABLE condition (
                    machine INTEGER PRIMARY KEY REFERENCES machine (id),
                    last_observed_at INTEGER,
                    last_received_at INTEGER,
                    latest BLOB NOT NULL,
                    document TEXT NOT NULL
                );
                -- next is the most pressing of the standings in document.
                CREATE TABLE standing (
                    machine INTEGER PRIMARY KEY REFERENCES machine (id),
                    next TEXT,
                    document TEXT NOT NULL
                );

                CREATE TABLE alert (
                    id INTEGER PRIMARY KEY,
                    machine INTEGER NOT NULL REFERENCES machine (id),
                    episode TEXT NOT NULL,
                    state TEXT NOT NULL,
                    fired_at INTEGER NOT NULL,
                    document TEXT NOT NULL,
                    UNIQUE (machine, episode)
                );
                CREATE INDEX alert_unresolved ON alert (machine) WHERE state <> 'resolved';
                CREATE INDEX alert_resolved ON alert (fired_at) WHERE state = 'resolved';

                CREATE TABLE acknowledgement (
                    id INTEGER PRIMARY KEY,
                    machine INTEGER NOT NULL REFERENCES machine (id),
                    episode TEXT NOT NULL,
                    at INTEGER NOT NULL,
                    document TEXT NOT NULL,
                    applied_at INTEGER,
                    UNIQUE (machine, episode)
                );
                CREATE INDEX acknowledgement_pending ON acknowledgement (id) WHERE applied_at IS NULL;

                CREATE TABLE work_order (
                    id TEXT PRIMARY KEY,
                    machine INTEGER NOT NULL REFERENCES machine (id),
                    need TEXT NOT NULL,
                    state TEXT NOT NULL,
                    is_final INTEGER NOT NULL,
                    center TEXT,
                    opened_at INTEGER NOT NULL,
                    document TEXT NOT NULL
                );
                -- However often a need is found, it gets one order; only a cancelled one leaves room for another.
                CREATE UNIQUE INDEX work_order_need ON work_order (machine, need) WHERE state <> 'cancelled';
                CREATE INDEX work_order_unfinished ON work_order (machine) WHERE is_final = 0;
                CREATE INDEX work_order_finished ON work_order (opened_at, id) WHERE is_final = 1;

                -- Append-only: what became of an order, and when.
                CREATE TABLE work_order_event (
                    id INTEGER PRIMARY KEY,
                    work_order TEXT NOT NULL REFERENCES work_order (id),
                    at INTEGER NOT NULL,
                    state TEXT NOT NULL,
                    center TEXT,
                    note TEXT
                );
                CREATE INDEX work_order_event_order ON work_order_event (work_order);

                CREATE TABLE service_record (
                    id INTEGER PRIMARY KEY,
                    machine INTEGER NOT NULL REFERENCES machine (id),
                    code TEXT NOT NULL,
                    performed_at INTEGER NOT NULL,
                    work_order TEXT,
                    document TEXT NOT NULL
                );
                CREATE INDEX service_record_machine ON service_record (machine, code, performed_at);

                CREATE TABLE outbox (
                    id TEXT PRIMARY KEY,
                    work_order TEXT NOT NULL REFERENCES work_order (id),
                    created_at INTEGER NOT NULL,
                    next_attempt_at INTEGER NOT NULL,
                    attempts INTEGER NOT NULL DEFAULT 0,
                    settled_at INTEGER,
                    document TEXT NOT NULL
                );
                CREATE INDEX outbox_due ON outbox (next_attempt_at) WHERE settled_at IS NULL;
            """, db)
    }
}
