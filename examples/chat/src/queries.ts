// Every query whose result is on the screen. All of them are subscribed to; none is ever asked again.

/** The text of a query, with the type of its rows. */
export interface Query<T> {
  readonly sql: string;
  /** Never there; it carries the type. */
  readonly row?: T;
}

const query = <T>(sql: string): Query<T> => ({ sql });

export type PersonRow = { id: number; name: string; hue: number };

export const people = query<PersonRow>(`
  SELECT id, name, hue FROM person ORDER BY name
`);

export type ChannelRow = { id: number; name: string; topic: string; read: number; unread: number };

/** The channels as :me sees them, with what is unread. */
export const channels = query<ChannelRow>(`
  SELECT c.id, c.name, c.topic, coalesce(r.message, 0) AS read, count(m.id) AS unread
  FROM channel c
  LEFT JOIN read_mark r ON r.channel = c.id AND r.person = :me
  LEFT JOIN message m ON m.channel = c.id AND m.id > coalesce(r.message, 0) AND m.author <> :me
  GROUP BY c.id
  ORDER BY c.name
`);

export type MessageRow = {
  id: number;
  sent_at: number;
  body: string;
  author: number;
  name: string;
  hue: number;
  /** JSON: a list of `[emoji, count, whether :me is among them, names]`. */
  reactions: string;
};

const messageColumns = `
  m.id, m.sent_at, m.body, m.author, p.name, p.hue,
  (SELECT json_group_array(json_array(emoji, people, mine, names))
   FROM (SELECT r.emoji, count(*) AS people, max(r.person = :me) AS mine, group_concat(rp.name, ', ') AS names
         FROM reaction r JOIN person rp ON rp.id = r.person
         WHERE r.message = m.id
         GROUP BY r.emoji)) AS reactions`;

/** The newest messages of a channel, the newest first. */
export const timeline = query<MessageRow>(`
  SELECT ${messageColumns.trim()}
  FROM message m JOIN person p ON p.id = m.author
  WHERE m.channel = :channel
  ORDER BY m.id DESC
  LIMIT :limit
`);

/** The messages of a channel around one of them, the newest first. */
export const surroundings = query<MessageRow>(`
  SELECT ${messageColumns.trim()}
  FROM message m JOIN person p ON p.id = m.author
  WHERE m.id IN (
    SELECT id FROM (SELECT id FROM message WHERE channel = :channel AND id <= :message ORDER BY id DESC LIMIT 25)
    UNION ALL
    SELECT id FROM (SELECT id FROM message WHERE channel = :channel AND id > :message ORDER BY id LIMIT 25))
  ORDER BY m.id DESC
`);

export type FoundRow = {
  id: number;
  channel: number;
  channel_name: string;
  sent_at: number;
  name: string;
  hue: number;
  /** The body, with the found words between the characters 1 and 2. */
  marked: string;
};

/** The newest messages that match, in all channels. */
export const search = query<FoundRow>(`
  SELECT m.id, m.channel, c.name AS channel_name, m.sent_at, p.name, p.hue,
         highlight(message_text, 0, char(1), char(2)) AS marked
  FROM message_text
  JOIN message m ON m.id = message_text.rowid
  JOIN person p ON p.id = m.author
  JOIN channel c ON c.id = m.channel
  WHERE message_text MATCH :words
  ORDER BY message_text.rowid DESC
  LIMIT 50
`);

/** How far the generated history has come. */
export const progress = query<{ messages: number }>(`
  SELECT coalesce(max(id), 0) AS messages FROM message
`);
