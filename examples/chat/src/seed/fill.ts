// Fills an empty database with the history, once, whichever tab is first.

import { database } from '../state/database.js';
import { progress } from '../queries.js';
import { cast, rooms } from './cast.js';
import { HISTORY, history } from './history.js';

/** Messages in one transaction. */
const PORTION = 1000;

/** Fills the database unless it is full; tells how many messages there are as it goes on, whichever tab writes them. */
export async function fill(onProgress: (messages: number) => void): Promise<void> {
  const written = database().subscribe<{ messages: number }>(progress.sql);
  const count = (): number => written.rows[0]?.messages ?? 0;
  written.on('change', () => onProgress(count()));
  try {
    await written.ready;
    // Other tabs wait here; if this one dies, the next goes on where it stopped.
    if (count() < HISTORY) await navigator.locks.request('harbour/fill', writeAll);
  } finally {
    written.close();
  }
}

async function writeAll(): Promise<void> {
  const db = database();
  const start = (await db.get<{ messages: number }>(progress.sql))?.messages ?? 0;
  if (start >= HISTORY) return;
  await db.transaction([
    ['INSERT OR IGNORE INTO seed (id, at) VALUES (1, ?)', [Date.now()]],
    ['INSERT OR IGNORE INTO person (id, name, hue) SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?)', [
      JSON.stringify(cast.map(({ name, hue }, index) => [index + 1, name, hue])),
    ]],
    ['INSERT OR IGNORE INTO channel (id, name, topic) SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?)', [
      JSON.stringify(rooms.map(({ name, topic }, index) => [index + 1, name, topic])),
    ]],
  ]);
  const seed = await db.get<{ at: number }>('SELECT at FROM seed');
  const { messages, reactions, readMarks } = history(seed?.at ?? Date.now());
  await db.transaction([
    ['INSERT OR IGNORE INTO read_mark (person, channel, message) SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?)', [
      JSON.stringify(readMarks),
    ]],
  ]);
  for (let from = start; from < HISTORY; from += PORTION) {
    const portion = messages.slice(from, from + PORTION);
    const mine = reactions.filter(([message]) => message > from && message <= from + PORTION);
    await db.transaction([
      [
        `INSERT INTO message (id, channel, author, sent_at, body)
         SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each(?)`,
        [JSON.stringify(portion)],
      ],
      [
        'INSERT INTO reaction (message, emoji, person) SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?)',
        [JSON.stringify(mine)],
      ],
    ]);
  }
}
