-- The first schema. All *_at columns are Unix milliseconds; 0 means "not yet" or "never".
-- +goose Up

-- Administrative units are public data of the state and belong to no council.
CREATE TABLE units (
  id          TEXT PRIMARY KEY,
  name        TEXT NOT NULL,
  level       TEXT NOT NULL,
  kind        TEXT NOT NULL,
  parent      TEXT NOT NULL DEFAULT '',
  valid_from  TEXT NOT NULL DEFAULT '',
  valid_to    TEXT NOT NULL DEFAULT '',
  replaced_by TEXT NOT NULL DEFAULT '[]'
);

CREATE TABLE councils (
  id         TEXT PRIMARY KEY,
  name       TEXT NOT NULL,
  unit       TEXT NOT NULL DEFAULT '',
  khoa       TEXT NOT NULL DEFAULT '',
  term_from  TEXT NOT NULL DEFAULT '',
  term_to    TEXT NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL
);

-- The ledger: one row per event. print stands beside the chain and is not hashed.
CREATE TABLE events (
  council   TEXT NOT NULL REFERENCES councils(id),
  log       TEXT NOT NULL,
  seq       INTEGER NOT NULL CHECK (seq > 0),
  epoch     INTEGER NOT NULL,
  type      TEXT NOT NULL,
  actor     TEXT NOT NULL,
  idem_key  TEXT NOT NULL,
  body      BLOB NOT NULL,
  ts_wall   INTEGER NOT NULL,
  mono_ms   INTEGER NOT NULL,
  boot_id   TEXT NOT NULL,
  prev_hash BLOB NOT NULL CHECK (length(prev_hash) = 32),
  hash      BLOB NOT NULL CHECK (length(hash) = 32),
  print     BLOB,
  PRIMARY KEY (council, log, seq)
) WITHOUT ROWID;
-- A log belongs to one council; a stale owner loses by this constraint.
CREATE UNIQUE INDEX events_log_seq ON events (log, seq);
CREATE UNIQUE INDEX events_key ON events (council, log, actor, idem_key) WHERE idem_key <> '';

-- +goose StatementBegin
CREATE TRIGGER events_never_change BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER events_never_vanish BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
-- +goose StatementEnd

-- Projections of the sittings' logs: changed in the transaction of their events, rebuilt by replay.
CREATE TABLE ballots (
  council    TEXT NOT NULL,
  sitting    TEXT NOT NULL,
  ballot     TEXT NOT NULL,
  opened_seq INTEGER NOT NULL,
  closed_seq INTEGER NOT NULL DEFAULT 0,
  result     TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (council, sitting, ballot)
) WITHOUT ROWID;

-- The counted vote of a voter: at most one per ballot.
CREATE TABLE votes (
  council  TEXT NOT NULL,
  sitting  TEXT NOT NULL,
  ballot   TEXT NOT NULL,
  voter    TEXT NOT NULL,
  choice   TEXT NOT NULL,
  seq      INTEGER NOT NULL,
  recorded INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (council, sitting, ballot, voter),
  FOREIGN KEY (council, sitting, ballot) REFERENCES ballots (council, sitting, ballot)
) WITHOUT ROWID;
-- +goose StatementBegin
CREATE TRIGGER votes_before_close BEFORE INSERT ON votes
WHEN (SELECT closed_seq FROM ballots b
      WHERE b.council = NEW.council AND b.sitting = NEW.sitting AND b.ballot = NEW.ballot) > 0
BEGIN SELECT RAISE(ABORT, 'the ballot is closed'); END;
-- +goose StatementEnd

CREATE TABLE presence (
  council TEXT NOT NULL,
  sitting TEXT NOT NULL,
  person  TEXT NOT NULL,
  state   TEXT NOT NULL,
  place   TEXT NOT NULL DEFAULT '',
  seq     INTEGER NOT NULL,
  PRIMARY KEY (council, sitting, person)
) WITHOUT ROWID;

CREATE TABLE queue (
  council TEXT NOT NULL,
  sitting TEXT NOT NULL,
  entry   TEXT NOT NULL,
  person  TEXT NOT NULL,
  kind    TEXT NOT NULL,
  label   TEXT NOT NULL DEFAULT '',
  turn    TEXT NOT NULL DEFAULT '',
  spoke   INTEGER NOT NULL DEFAULT 0,
  seq     INTEGER NOT NULL,
  PRIMARY KEY (council, sitting, entry)
) WITHOUT ROWID;

-- Personal data beside the chain. Cipher is AES-256-GCM under the record's own key; commitment is
-- SHA-256(salt, plaintext). Erasing removes key, salt and cipher and keeps the commitment.
CREATE TABLE citizens (
  council    TEXT NOT NULL REFERENCES councils(id),
  sitting    TEXT NOT NULL,
  person     TEXT NOT NULL,
  secret     BLOB,
  salt       BLOB,
  nonce      BLOB,
  cipher     BLOB,
  commitment BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  erased_at  INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (council, sitting, person)
) WITHOUT ROWID;

CREATE TABLE texts (
  council    TEXT NOT NULL REFERENCES councils(id),
  sitting    TEXT NOT NULL,
  ref        TEXT NOT NULL,
  person     TEXT NOT NULL,
  secret     BLOB,
  salt       BLOB,
  nonce      BLOB,
  cipher     BLOB,
  commitment BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  erased_at  INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (council, sitting, ref)
) WITHOUT ROWID;
CREATE INDEX texts_person ON texts (council, sitting, person);

-- Identity. The name is unique in the installation, because signing in names no council.
CREATE TABLE accounts (
  id            TEXT PRIMARY KEY,
  council       TEXT NOT NULL REFERENCES councils(id),
  name          TEXT NOT NULL UNIQUE,
  role          TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  disabled      INTEGER NOT NULL DEFAULT 0,
  created_at    INTEGER NOT NULL
);
CREATE INDEX accounts_council ON accounts (council);

-- A device is a browser with our cookie; it belongs to no council until it has an account or a person.
CREATE TABLE devices (
  id         TEXT PRIMARY KEY,
  hash       BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
  account    TEXT NOT NULL DEFAULT '',
  name       TEXT NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL,
  seen_at    INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
);

CREATE TABLE device_persons (
  device     TEXT NOT NULL REFERENCES devices(id) ON DELETE CASCADE,
  council    TEXT NOT NULL REFERENCES councils(id),
  sitting    TEXT NOT NULL,
  person     TEXT NOT NULL,
  link       TEXT NOT NULL DEFAULT '',
  role       TEXT NOT NULL DEFAULT '',
  rev        INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (device, sitting)
) WITHOUT ROWID;
CREATE INDEX device_persons_person ON device_persons (council, sitting, person);

CREATE TABLE links (
  id         TEXT PRIMARY KEY,
  council    TEXT NOT NULL REFERENCES councils(id),
  sitting    TEXT NOT NULL,
  person     TEXT NOT NULL,
  token_hash BLOB NOT NULL UNIQUE CHECK (length(token_hash) = 32),
  code_hash  BLOB,
  state      TEXT NOT NULL,
  wrong      INTEGER NOT NULL DEFAULT 0,
  rev        INTEGER NOT NULL DEFAULT 1,
  expires_at INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL
);
CREATE INDEX links_person ON links (council, sitting, person);

CREATE TABLE sittings (
  id         TEXT PRIMARY KEY,
  council    TEXT NOT NULL REFERENCES councils(id),
  door       TEXT NOT NULL UNIQUE,
  state      TEXT NOT NULL,
  version    INTEGER NOT NULL,
  doc        BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
);
CREATE INDEX sittings_council ON sittings (council, created_at);

CREATE TABLE settings (
  name  TEXT PRIMARY KEY,
  value BLOB NOT NULL
) WITHOUT ROWID;

-- Failed sign-ins and codes by bucket (account, network): counted, then forgotten.
CREATE TABLE failures (
  bucket TEXT NOT NULL,
  at     INTEGER NOT NULL
);
CREATE INDEX failures_bucket ON failures (bucket, at);
