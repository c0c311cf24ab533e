// The oracle in wasm: for half a minute, the cases that the native oracle plays, each compared with SQLite at every commit; what
// was delivered has to be the same to the byte.

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { expect, test } from '../src/browser.js';

const FIRST_SEED = 0x71de;
const SECONDS = Number(process.env.TIDEWATER_ORACLE_SECONDS ?? 30);
const NATIVE = process.env.TIDEWATER_ORACLE ?? fileURLToPath(new URL('../../../target/debug/oracle', import.meta.url));

interface Oracle {
  default(options: { module_or_path: string }): Promise<unknown>;
  play(seed: number, keep: boolean): { hash: string; log?: string; finding?: string; comparisons: number; free(): void };
}

interface Played {
  hashes: string[];
  comparisons: number;
  findings: string[];
}

test('the same seeds give the same deliveries in wasm as natively', async ({ chrome }) => {
  test.setTimeout((SECONDS + 120) * 1000);
  const tab = await chrome.tab();
  const played = await tab.page.evaluate(
    async ({ first, seconds }) => {
      const { default: init, play } = (await import('/oracle/oracle.js' as string)) as Oracle;
      await init({ module_or_path: '/oracle/oracle_bg.wasm' });
      const result: Played = { hashes: [], comparisons: 0, findings: [] };
      const end = performance.now() + seconds * 1000;
      for (let seed = first; performance.now() < end; seed += 1) {
        const played = play(seed, false);
        result.hashes.push(`${seed} ${played.hash}`);
        result.comparisons += played.comparisons;
        if (played.finding) result.findings.push(`seed ${seed}: ${played.finding}`);
        played.free();
      }
      return result;
    },
    { first: FIRST_SEED, seconds: SECONDS },
  );
  console.log(`    oracle in wasm: ${played.hashes.length} cases, ${played.comparisons} comparisons`);
  expect(played.findings).toEqual([]);
  expect(played.comparisons).toBeGreaterThan(500 * SECONDS);

  const native = logs(FIRST_SEED, played.hashes.length).filter((line) => /^\d+ [0-9a-f]{16}$/.test(line));
  expect(native).toHaveLength(played.hashes.length);
  const differing = played.hashes.filter((line, index) => line !== native[index]).map((line) => Number.parseInt(line));
  for (const seed of differing.slice(0, 3)) {
    const log = await tab.page.evaluate(async (seed) => {
      const { play } = (await import('/oracle/oracle.js' as string)) as Oracle;
      return play(seed, true).log ?? '';
    }, seed);
    console.log(`    seed ${seed}: ${firstDifference(log.split('\n'), logs(seed, 1, '--text'))}`);
  }
  expect(differing).toEqual([]);
});

function logs(seed: number, cases: number, ...flags: string[]): string[] {
  const options = ['logs', '--seed', `${seed}`, '--cases', `${cases}`, ...flags];
  return execFileSync(NATIVE, options, { encoding: 'utf8', maxBuffer: 2 ** 28 }).split('\n');
}

function firstDifference(wasm: string[], native: string[]): string {
  const at = wasm.findIndex((line, index) => line !== native[index]);
  return `line ${at + 1}\n      wasm   ${wasm[at]}\n      native ${native[at]}`;
}
