// What they say: sentences with slots in braces, by room.

import type { Room } from './cast.js';
import type { Random } from './random.js';

const slots: Readonly<Record<string, readonly string[]>> = {
  boat: ['the Petrel', 'the Kittiwake', 'the Old Anna', 'the Guillemot', 'the Morning Tide', 'the Sanderling'],
  line: ['Line 1', 'Line 2', 'Line 3', 'Line 4', 'Line 5', 'Line 6'],
  pier: ['the north pier', 'the fish market', 'Pier 4', 'the lighthouse', 'the old dry dock', 'Customs Quay'],
  minutes: ['four', 'six', 'ten', 'twelve', 'fifteen', 'twenty', 'thirty-five'],
  day: ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'],
  hour: ['7:40', '8:15', '9:05', '10:30', '12:20', '14:45', '16:10', '17:35', '18:50'],
  wind: ['a stiff south-westerly', 'no wind at all', 'gusts up to 34 knots', 'a light easterly', 'force 6 and rising'],
  sky: ['clearing up', 'getting thick', 'bright and cold', 'all drizzle', 'worth a photograph', 'lifting slowly'],
  food: ['lemon cake', 'cardamom buns', 'lentil soup', 'a whole tray of börek', 'plum crumble', 'the good bread', 'onigiri'],
  drink: ['coffee', 'black tea', 'fresh mint tea', 'cocoa', 'that oat thing'],
  thing: ['the timetable', 'the ticket screen', 'the map', 'the crew roster', 'the departures board', 'the sign-in page'],
  part: ['the sync job', 'the import', 'the search index', 'the migration', 'the nightly export', 'the query planner'],
  color: ['teal', 'the darker blue', 'warm grey', 'amber', 'the old red', 'off-white'],
  version: ['4.2', '4.2.1', '4.3', '4.3.2', '4.4', '5.0-beta'],
  book: ['The Shipping News', 'Piranesi', 'The Left Hand of Darkness', 'Stoner', 'The Summer Book', 'Middlemarch'],
  verdict: ['I like it', 'not sure yet', 'much better than before', 'close, but not there', 'ship it', 'it grows on me'],
  thanks: ['thanks', 'thank you', 'many thanks', 'much obliged', 'you are a star'],
};

const rooms: Readonly<Record<Room, readonly string[]>> = {
  bridge: [
    'Good morning all. {line} starts late today, first boat at {hour}.',
    'Reminder: the fire drill is on {day} at {hour}, meeting point is {pier}.',
    'New timetable goes live on {day}. Please read it before the passengers do.',
    'We carried more people on {day} than in the whole of last February.',
    'Inspection of {boat} went well. One note: a life ring at {pier} needs paint.',
    'Can everyone please update their shifts for {day}?',
    'Welcome to the two new deckhands on {boat}!',
    'The council has approved the extra boats on {line}.',
    'Office closes at {hour} on {day}, the radio stays on.',
  ],
  ferries: [
    '{boat} is running {minutes} minutes late, holding at {pier}.',
    '{line}: full boat at {hour}, we left eleven people behind. Can we send {boat}?',
    'Back on time after {pier}.',
    'Found on {boat}: one umbrella, one trombone. Both at {pier}.',
    'Swap for {day}? I have the {hour} on {line} and a dentist.',
    'School class of 28 boarding at {pier} for the {hour}.',
    'Ramp at {pier} is stuck again, using the side gate.',
    '{boat} just passed {pier}, {minutes} minutes to go.',
    'Thirty bicycles on {line}. Thirty. I counted twice.',
    'Crew change on {boat} at {hour}.',
  ],
  'engine-room': [
    '{part} took {minutes} minutes last night, used to be two. Looking.',
    'Found it: a missing index. `EXPLAIN QUERY PLAN` said SCAN, of course it did.',
    'I moved {part} behind a flag until {day}.',
    'Can somebody review my change to {part}? It deletes more than it adds.',
    'Tests are green, {part} is {minutes} times faster, and I do not know why. Not merging.',
    'Starboard engine on {boat} wants a new gasket before {day}.',
    'The fix for {thing} is in `main`, please try to break it.',
    'Rolling back {part}. Nothing lost, everything was in one transaction.',
    'Wrote down how {part} works, because I had to find out twice.',
    'Who owns {part}? Asking for a friend. The friend is me.',
  ],
  design: [
    'New draft of {thing}, now with {color}: {verdict}?',
    'People at {pier} cannot read {thing} in the sun. We need more contrast.',
    'I tried {color} for delays. {verdict}.',
    'The arrows on {thing} point the wrong way if you come from {pier}.',
    'Could {thing} say "in {minutes} minutes" and not the time?',
    'Tested {thing} with five passengers at {pier}. Four got it at once.',
    'Let us drop one font. Any font.',
    'Print run of {thing} is due {day}, last chance for {color}.',
    'On a small phone {thing} still scrolls sideways. Fixing.',
  ],
  releases: [
    '{version} is out. Mostly {thing}, plus a fix for {part}.',
    'Holding {version} until {part} has run once on real data.',
    'Release notes for {version} are up, please add what I forgot.',
    '{version} on {boat} since {hour}, no complaints so far.',
    'Skipping {day}: nobody should release before a storm.',
    'Moved the new {color} theme to {version}.',
    'Rollout at half of the ticket machines. {pier} first, then {line}.',
    'All green on {version}. Cake is in the galley.',
  ],
  galley: [
    'There is {food} on the counter, first come first served.',
    'Who finished {drink} and left the empty tin? We have a log, you know.',
    'I bring {food} on {day}.',
    'The coffee machine on {boat} works again!',
    '{food} or {food} for {day}? React with your vote.',
    'Somebody labelled {food} "evidence". It was delicious.',
    'Making {drink}, who wants some?',
    'Soup at {hour}, bring your own mug.',
    'The recipe for {food}, since {minutes} of you asked: butter. More butter.',
  ],
  weather: [
    '{wind} at {pier}, {sky}.',
    'Fog on {line}, visibility down to {minutes} boat lengths.',
    'High water at {hour}, spring tide until {day}.',
    'Forecast for {day}: {wind}. {sky} later.',
    'The barometer fell {minutes} points since {hour}.',
    'It is {sky} over {pier}, you should look.',
    'Small craft warning until {hour}.',
    'Seals at {pier} again, on the sandbank, {minutes} of them.',
  ],
  'off-duty': [
    'Finished {book}. {verdict}.',
    'Swimming at {pier} on {day}, {hour}? The water is fourteen degrees.',
    'The dog ate my {food}. The dog has no regrets.',
    'Has anyone a copy of {book} to lend?',
    'Choir tonight at {hour}, we are short of altos.',
    'Rowed out to {pier} and back. Arms: gone.',
    'Film on {day}: the one with the lighthouse, not the other one with the lighthouse.',
    'Chess at {pier}, {day}, loser buys {drink}.',
    'Reading {book} on {line} and missed my stop. Twice.',
  ],
};

const replies: readonly string[] = [
  'On it.',
  'Same here.',
  'Nice!',
  'Ha! {thanks}.',
  'Give me {minutes} minutes.',
  'Not before {day}, sorry.',
  '{verdict}.',
  'Could you say more?',
  'Done, {thanks}.',
  'I can do {day} at {hour}.',
  'That was me. Sorry!',
  'Makes sense to me.',
  'I will ask at {pier}.',
  'Wait, since {day}?',
  'Yes please.',
  'Saw that too, from {boat}.',
  'Sounds good, {thanks}!',
  'Agreed. And {drink} afterwards.',
  'No objections from {line}.',
  'Let me check and come back to you at {hour}.',
];

export const emoji: readonly string[] = ['👍', '❤️', '🙌', '🎉', '👀', '⛵'];

export function opening(random: Random, room: Room): string {
  return filled(random, random.pick(rooms[room]));
}

export function reply(random: Random): string {
  return filled(random, random.pick(replies));
}

function filled(random: Random, phrase: string): string {
  const text = phrase.replace(/\{(\w+)\}/g, (_, slot: string) => random.pick(slots[slot] ?? [slot]));
  return text.replace(/(^|[.?!] )(\p{Ll})/gu, (_, before: string, letter: string) => before + letter.toUpperCase());
}
