// Traffic: while it is on, this tab posts and reacts in the name of everybody else.

import { cast, rooms } from '../seed/cast.js';
import { emoji, opening, reply } from '../seed/phrases.js';
import { seeded } from '../seed/random.js';
import { post, react } from '../writes.js';
import { attempt } from './failure.js';
import { latest } from './latest.js';
import { me, place, traffic } from './session.js';

const random = seeded(Date.now());
let timer: ReturnType<typeof setTimeout> | undefined;

traffic.watch(() => {
  clearTimeout(timer);
  if (traffic.value) schedule();
});

function schedule(): void {
  timer = setTimeout(() => void attempt(act()).then(() => traffic.value && schedule()), random.between(350, 1600));
}

async function act(): Promise<void> {
  const person = somebodyElse();
  const message = latest.value;
  if (message !== undefined && random.chance(0.3)) return react(person, message, random.pick(emoji));
  const channel = random.chance(0.45) ? place.value.channel : random.between(1, rooms.length + 1);
  const room = rooms[channel - 1] ?? rooms[0];
  if (room) await post(person, channel, random.chance(0.6) ? opening(random, room.name) : reply(random));
}

function somebodyElse(): number {
  const person = random.between(1, cast.length);
  return person < me.value ? person : person + 1;
}
