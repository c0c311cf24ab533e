// The generated history: the same for everybody, but for the moment at which it ends.

import { cast, rooms } from './cast.js';
import { emoji, opening, reply } from './phrases.js';
import { type Random, seeded } from './random.js';

export const HISTORY = 20_000;

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** The columns id, channel, author, sent_at, body of a message. */
export type Message = readonly [number, number, number, number, string];
/** The columns message, emoji, person of a reaction. */
export type Reaction = readonly [number, string, number];
/** The columns person, channel, message of a read mark. */
export type ReadMark = readonly [number, number, number];

export interface History {
  readonly messages: readonly Message[];
  readonly reactions: readonly Reaction[];
  readonly readMarks: readonly ReadMark[];
}

type Draft = { channel: number; author: number; sentAt: number; body: string };

export function history(end: number): History {
  const random = seeded(2);
  const drafts: Draft[] = [];
  let at = 0;
  while (drafts.length < HISTORY) at = talk(random, drafts, at);
  drafts.length = HISTORY;
  const shift = end - 40 * SECOND - (drafts.at(-1)?.sentAt ?? 0);
  const messages = drafts.map(
    ({ channel, author, sentAt, body }, index): Message => [index + 1, channel, author, sentAt + shift, body],
  );
  return { messages, reactions: reactions(random, messages), readMarks: readMarks(random, messages) };
}

/** A few people talk in one room for a while; tells when they are through. */
function talk(random: Random, drafts: Draft[], start: number): number {
  const channel = random.between(1, rooms.length + 1);
  const room = rooms[channel - 1] as (typeof rooms)[number];
  const people = Array.from({ length: random.between(2, 5) }, () => random.between(1, cast.length + 1));
  const length = random.between(2, 10);
  let at = start;
  for (let index = 0; index < length; index += 1) {
    const body = index === 0 || random.chance(0.3) ? opening(random, room.name) : reply(random);
    drafts.push({ channel, author: random.pick(people), sentAt: at, body });
    at += random.between(15 * SECOND, 4 * MINUTE);
  }
  return at + random.between(MINUTE, random.chance(0.06) ? 9 * HOUR : 25 * MINUTE);
}

function reactions(random: Random, messages: readonly Message[]): Reaction[] {
  const found: Reaction[] = [];
  for (const [id, , author] of messages) {
    if (!random.chance(0.12)) continue;
    const first = random.between(1, cast.length + 1);
    const kinds = random.between(1, 3);
    for (let kind = 0; kind < kinds; kind += 1) {
      const sign = emoji[(id + kind) % emoji.length] as string;
      const people = random.between(1, 4);
      for (let offset = 0; offset < people; offset += 1) {
        const person = ((first + offset * 5 + kind) % cast.length) + 1;
        if (person !== author) found.push([id, sign, person]);
      }
    }
  }
  return found;
}

/** Everybody has seen everything, but for the last few messages of some channels. */
function readMarks(random: Random, messages: readonly Message[]): ReadMark[] {
  return rooms.flatMap((_, index) => {
    const channel = index + 1;
    const ids = messages.filter((message) => message[1] === channel).map(([id]) => id);
    return cast.map((_, person): ReadMark => {
      const unread = random.chance(0.45) ? random.between(1, 9) : 0;
      return [person + 1, channel, ids[ids.length - 1 - unread] ?? 0];
    });
  });
}
