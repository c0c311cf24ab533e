// Measures what a message between page and host costs on a port of its own, and relayed by a SharedWorker: the figures of
// docs/decisions/0003. Prints figures and judges nothing: `npm run latency`.

import { test } from '../src/browser.js';

const ROUNDS = 200;

test('a port of its own and a relay', async ({ chrome, served }) => {
  const { page } = await chrome.tab();
  await page.goto(`${served.url}isolated`);
  for (const [name, bytes] of [['100 B', 100], ['100 KB', 100_000], ['1 MB', 1_000_000]] as const) {
    const { direct, relayed, busy } = await page.evaluate(measure, { bytes, rounds: ROUNDS });
    console.log(`${name.padEnd(8)} direct ${direct.toFixed(2)} ms, relayed ${relayed.toFixed(2)} ms, relay at work ${busy.toFixed(3)} ms`);
  }
});

/** The medians of a round trip each way, and for how long the relay works in one. */
async function measure({ bytes, rounds }: { bytes: number; rounds: number }) {
  const echo = new Blob([`
    const answer = ({ data, target }) => target.postMessage(data, [data.buffer]);
    onmessage = ({ ports }) => ports.forEach((port) => (port.onmessage = answer));
  `]);
  const worker = new Worker(URL.createObjectURL(echo));
  const relay = new SharedWorker('/relay.js');
  const [own, behind] = [new MessageChannel(), new MessageChannel()];
  worker.postMessage(null, [own.port2, behind.port2]);
  relay.port.postMessage(null, [behind.port1]);

  const round = (port: MessagePort) =>
    new Promise<number>((resolve) => {
      const message = new Uint8Array(bytes);
      const begun = performance.now();
      port.onmessage = () => resolve(performance.now() - begun);
      port.postMessage(message, [message.buffer]);
    });
  const times = { own: [] as number[], relay: [] as number[] };
  for (let n = 0; n < rounds; n += 1) {
    times.own.push(await round(own.port1));
    times.relay.push(await round(relay.port));
  }
  const busy = await new Promise<number>((resolve) => {
    relay.port.onmessage = ({ data }: MessageEvent<number>) => resolve(data);
    relay.port.postMessage('busy');
  });
  const median = (list: number[]) => list.sort((a, b) => a - b)[list.length >> 1] ?? NaN;
  worker.terminate();
  relay.port.close();
  return { direct: median(times.own), relayed: median(times.relay), busy };
}
