// Times as people say them.

const clock = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' });
const day = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' });

const DAY = 24 * 60 * 60 * 1000;

export const clockTime = (at: number): string => clock.format(at);
/** Only hours and minutes, for narrow places. */
export function shortTime(at: number): string {
  const parts = clock.formatToParts(at).filter(({ type }) => type === 'hour' || type === 'minute');
  return parts.map(({ value }) => value).join(':');
}

export const fullTime = (at: number): string => full.format(at);

export function dayName(at: number): string {
  const days = Math.round((midnight(at) - midnight(Date.now())) / DAY);
  if (days < -1 || days > 0) return day.format(at);
  const name = relative.format(days, 'day');
  return name.charAt(0).toUpperCase() + name.slice(1);
}

export const isSameDay = (a: number, b: number): boolean => midnight(a) === midnight(b);

function midnight(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0);
}
