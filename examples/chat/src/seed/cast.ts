// Who talks, and where.

export const cast: readonly { readonly name: string; readonly hue: number }[] = [
  { name: 'Ada Okafor', hue: 172 },
  { name: 'Bruno Lima', hue: 28 },
  { name: 'Chiara Rossi', hue: 338 },
  { name: 'Devika Rao', hue: 265 },
  { name: 'Emil Novák', hue: 205 },
  { name: 'Farah Haddad', hue: 8 },
  { name: 'Goro Tanaka', hue: 128 },
  { name: 'Hanna Berg', hue: 48 },
  { name: 'Inês Duarte', hue: 300 },
  { name: 'Jonas Weber', hue: 228 },
  { name: 'Kaia Nilsen', hue: 90 },
  { name: 'Liam Byrne', hue: 152 },
];

export type Room = 'bridge' | 'ferries' | 'engine-room' | 'design' | 'releases' | 'galley' | 'weather' | 'off-duty';

export const rooms: readonly { readonly name: Room; readonly topic: string }[] = [
  { name: 'bridge', topic: 'Announcements and everything that concerns all of us' },
  { name: 'design', topic: 'Screens, signs, timetables, and how they feel' },
  { name: 'engine-room', topic: 'Code, databases, and the odd diesel' },
  { name: 'ferries', topic: 'Lines 1 to 6: delays, crews, passengers' },
  { name: 'galley', topic: 'Who brings cake, and when' },
  { name: 'off-duty', topic: 'Books, films, swimming, dogs' },
  { name: 'releases', topic: 'What ships, and what had to wait' },
  { name: 'weather', topic: 'Wind, tide and fog' },
];
