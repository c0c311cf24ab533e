// The DedicatedWorker that measures: sync access handles of OPFS are to be had nowhere else.

import init, { measure } from '/benches/benches.js';

addEventListener('message', async ({ data: { messages, seconds, only, inMemory, chinook } }) => {
  try {
    await init({ module_or_path: '/benches/benches_bg.wasm' });
    const { markdown, json } = await measure(messages, seconds, only, inMemory, chinook, (line) =>
      postMessage({ line }),
    );
    postMessage({ markdown, json });
  } catch (error) {
    postMessage({ error: String(error) });
  }
});
