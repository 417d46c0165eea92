-- Keys of encoders (WHIP) and players (WHEP). One live key per kind and source of a sitting; source '' is the stage.
-- +goose Up

CREATE TABLE stream_keys (
  id         TEXT PRIMARY KEY,
  council    TEXT NOT NULL REFERENCES councils(id),
  sitting    TEXT NOT NULL,
  kind       TEXT NOT NULL,
  source     TEXT NOT NULL,
  token_hash BLOB NOT NULL UNIQUE CHECK (length(token_hash) = 32),
  closed     INTEGER NOT NULL DEFAULT 0,
  revoked    INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL
);
CREATE INDEX stream_keys_sitting ON stream_keys (council, sitting, kind, source);
CREATE UNIQUE INDEX stream_keys_live ON stream_keys (council, sitting, kind, source) WHERE revoked = 0;
