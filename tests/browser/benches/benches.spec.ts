// The ratios of benches/ in a worker of Chromium, with a profile on disk. Prints the table and judges nothing:
// `cargo xtask web --benches`, then `npm run benches`. BENCHES_MESSAGES, BENCHES_SECONDS (for a line) and BENCHES_ONLY
// change what is measured; BENCHES_STORAGE=memory keeps the databases in the worker's memory.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { expect, test } from '../src/browser.js';

const MESSAGES = Number(process.env.BENCHES_MESSAGES ?? 100_000);
const SECONDS = Number(process.env.BENCHES_SECONDS ?? 1);
const ONLY = process.env.BENCHES_ONLY;
const IN_MEMORY = process.env.BENCHES_STORAGE === 'memory';
const RESULTS = fileURLToPath(new URL('../../../target/benches/', import.meta.url));

interface Measured {
  markdown: string;
  json: string;
}

test('ratios in a worker', async ({ chrome, served }) => {
  const tab = await chrome.tab();
  // Only an isolated page has a clock of five microseconds; others have one of a hundred.
  await tab.page.goto(`${served.url}isolated`);
  expect(await tab.page.evaluate(() => crossOriginIsolated)).toBe(true);
  tab.page.on('console', (message) => console.log(`    ${message.text()}`));
  const work = { messages: MESSAGES, seconds: SECONDS, only: ONLY, inMemory: IN_MEMORY, chinook: await chinook() };
  const measured = await tab.page.evaluate(
    (work) =>
      new Promise<Measured>((resolve, reject) => {
        const worker = new Worker('/benches/worker.js', { type: 'module' });
        worker.onerror = (event) => reject(new Error(event.message));
        worker.onmessage = ({ data }) => {
          if (data.line) console.log(data.line);
          else if (data.error) reject(new Error(data.error));
          else resolve(data);
        };
        worker.postMessage(work);
      }),
    work,
  );
  console.log(`\n${measured.markdown}`);
  await mkdir(RESULTS, { recursive: true });
  await writeFile(join(RESULTS, 'ratios-browser.json'), measured.json);
});

/** Chinook's three files, or none. */
async function chinook(): Promise<string[]> {
  const corpus = process.env.TIDEWATER_CORPUS;
  if (!corpus) return [];
  const files = ['schema.sql', 'stream.sql', 'queries.sql'].map((name) => join(corpus, 'db/chinook', name));
  return Promise.all(files.map((file) => readFile(file, 'utf8'))).catch(() => []);
}
