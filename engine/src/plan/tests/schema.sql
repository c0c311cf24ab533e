-- The tables that the cases query.
CREATE TABLE channels(id INTEGER PRIMARY KEY, parent INTEGER, title TEXT);
CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT COLLATE NOCASE, manager INTEGER);
CREATE TABLE messages(
  id INTEGER PRIMARY KEY, channel INTEGER, author INTEGER, at INTEGER, body TEXT, score REAL, tags TEXT, loose,
  letters INTEGER AS (length(body)) VIRTUAL);
CREATE TABLE reactions(message INTEGER, author INTEGER, emoji TEXT, PRIMARY KEY (message, author)) WITHOUT ROWID;
CREATE TABLE hidden(rowid, oid, _rowid_);
CREATE VIEW recent AS SELECT * FROM messages WHERE at > 3;
CREATE VIEW sizes AS SELECT channel, count(*) AS size FROM messages GROUP BY channel;
CREATE TABLE special(a TEXT PRIMARY KEY, b TEXT) WITHOUT ROWID;
