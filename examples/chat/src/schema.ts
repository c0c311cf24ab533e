// The tables. When this script changes, it has to work on a database that the former one has made.

export const schema = `
  CREATE TABLE IF NOT EXISTS person (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    hue INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE IF NOT EXISTS channel (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    topic TEXT NOT NULL
  ) STRICT;

  CREATE TABLE IF NOT EXISTS message (
    id INTEGER PRIMARY KEY,
    channel INTEGER NOT NULL REFERENCES channel,
    author INTEGER NOT NULL REFERENCES person,
    sent_at INTEGER NOT NULL,
    body TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS message_by_channel ON message (channel);

  CREATE TABLE IF NOT EXISTS reaction (
    message INTEGER NOT NULL REFERENCES message,
    emoji TEXT NOT NULL,
    person INTEGER NOT NULL REFERENCES person,
    PRIMARY KEY (message, emoji, person)
  ) STRICT, WITHOUT ROWID;

  -- The last message of a channel that a person has seen.
  CREATE TABLE IF NOT EXISTS read_mark (
    person INTEGER NOT NULL REFERENCES person,
    channel INTEGER NOT NULL REFERENCES channel,
    message INTEGER NOT NULL,
    PRIMARY KEY (person, channel)
  ) STRICT, WITHOUT ROWID;

  -- When the history was generated.
  CREATE TABLE IF NOT EXISTS seed (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    at INTEGER NOT NULL
  ) STRICT;

  CREATE VIRTUAL TABLE IF NOT EXISTS message_text
    USING fts5(body, content = 'message', content_rowid = 'id', prefix = '2 3');

  CREATE TRIGGER IF NOT EXISTS message_is_searchable AFTER INSERT ON message BEGIN
    INSERT INTO message_text (rowid, body) VALUES (new.id, new.body);
  END;
`;
