// Every statement that changes something, timed.

import { database } from './state/database.js';
import { timed } from './state/latency.js';

export function post(author: number, channel: number, body: string): Promise<void> {
  return timed(() =>
    database().exec('INSERT INTO message (channel, author, sent_at, body) VALUES (?, ?, ?, ?)', [
      channel,
      author,
      Date.now(),
      body,
    ]),
  );
}

export function react(person: number, message: number, emoji: string): Promise<void> {
  return timed(() =>
    database().exec('INSERT OR IGNORE INTO reaction (message, emoji, person) VALUES (?, ?, ?)', [message, emoji, person]),
  );
}

export function unreact(person: number, message: number, emoji: string): Promise<void> {
  return timed(() =>
    database().exec('DELETE FROM reaction WHERE message = ? AND emoji = ? AND person = ?', [message, emoji, person]),
  );
}

/** Not timed: nobody waits for it. */
export async function markRead(person: number, channel: number, message: number): Promise<void> {
  await database().exec(
    `INSERT INTO read_mark (person, channel, message) VALUES (?, ?, ?)
     ON CONFLICT DO UPDATE SET message = excluded.message WHERE excluded.message > message`,
    [person, channel, message],
  );
}
