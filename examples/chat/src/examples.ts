// Queries to begin with in the SQL pane.

export interface Example {
  readonly title: string;
  readonly sql: string;
}

export const examples: readonly Example[] = [
  {
    title: 'Newest messages',
    sql: `SELECT m.id, c.name AS channel, p.name AS author, m.body
FROM message m
JOIN channel c ON c.id = m.channel
JOIN person p ON p.id = m.author
ORDER BY m.id DESC
LIMIT 12`,
  },
  {
    title: 'Who talks most',
    sql: `SELECT p.name, count(*) AS messages,
       rank() OVER (ORDER BY count(*) DESC) AS place
FROM message m JOIN person p ON p.id = m.author
GROUP BY p.id
ORDER BY messages DESC`,
  },
  {
    title: 'Favourite reactions',
    sql: `SELECT emoji, count(*) AS given,
       count(DISTINCT person) AS people
FROM reaction
GROUP BY emoji
ORDER BY given DESC`,
  },
  {
    title: 'Unread for everybody',
    sql: `SELECT p.name, c.name AS channel, count(*) AS unread
FROM read_mark r
JOIN person p ON p.id = r.person
JOIN channel c ON c.id = r.channel
JOIN message m ON m.channel = r.channel
  AND m.id > r.message AND m.author <> r.person
GROUP BY r.person, r.channel
ORDER BY unread DESC, p.name
LIMIT 20`,
  },
  {
    title: 'Said about cake',
    sql: `SELECT m.id, p.name, m.body
FROM message_text
JOIN message m ON m.id = message_text.rowid
JOIN person p ON p.id = m.author
WHERE message_text MATCH 'cake'
ORDER BY m.id DESC
LIMIT 10`,
  },
  {
    title: 'The last seven days',
    sql: `WITH RECURSIVE day (ago) AS (
  SELECT 0 UNION ALL SELECT ago + 1 FROM day WHERE ago < 6
), newest (at) AS (
  SELECT max(sent_at) / 86400000 FROM message
)
SELECT date((newest.at - ago) * 86400, 'unixepoch') AS day,
       (SELECT count(*) FROM message
        WHERE sent_at / 86400000 = newest.at - ago) AS messages
FROM day, newest
ORDER BY ago`,
  },
];
