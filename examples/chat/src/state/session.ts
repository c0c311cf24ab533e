// What belongs to this tab alone: who one is, and where one looks.

import { Cell } from './cell.js';

const PERSON_KEY = 'harbour/person';

/** The person who uses this tab. */
export const me = new Cell<number>(1);

/** What the timeline shows: a channel, and a message of it unless it is the newest ones. */
export interface Place {
  readonly channel: number;
  readonly message?: number;
}

export const place = new Cell<Place>(placeOf(location.hash));

/** Whether this tab posts in the name of others. */
export const traffic = new Cell<boolean>(false);

/** Each further tab begins as somebody else, so that there is somebody to talk to. */
export function choosePerson(tabs: number, people: number): void {
  const chosen = Number(sessionStorage.getItem(PERSON_KEY));
  become(chosen || ((Math.max(tabs, 1) - 1) % people) + 1);
}

export function become(person: number): void {
  sessionStorage.setItem(PERSON_KEY, String(person));
  me.set(person);
}

export function go(to: Place): void {
  location.hash = to.message === undefined ? `/${to.channel}` : `/${to.channel}/${to.message}`;
}

addEventListener('hashchange', () => place.set(placeOf(location.hash)));

function placeOf(hash: string): Place {
  const [, channel, message] = hash.match(/^#\/(\d+)(?:\/(\d+))?$/) ?? [];
  return message === undefined ? { channel: Number(channel ?? 1) } : { channel: Number(channel), message: Number(message) };
}
