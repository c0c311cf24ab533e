// Browsers that lack something.

import { expect, test } from '../src/browser.js';

const ALL = 'SELECT body FROM note ORDER BY id';

test('without SharedWorker: two tabs, one database, and a takeover', async ({ chrome }) => {
  chrome.initScript = 'delete globalThis.SharedWorker';
  const one = await chrome.tab();
  await one.open();
  expect(await one.page.evaluate(() => typeof SharedWorker)).toBe('undefined');
  const two = await chrome.tab();
  await two.open();
  await Promise.all([one.subscribe(ALL), two.subscribe(ALL)]);
  await one.exec("INSERT INTO note(body) VALUES ('from one')");
  await two.expectRows(ALL, [{ body: 'from one' }]);
  await two.exec("INSERT INTO note(body) VALUES ('from two')");
  await one.expectRows(ALL, [{ body: 'from one' }, { body: 'from two' }]);
  await one.expectRole('active');

  await one.page.close();
  await two.exec("INSERT INTO note(body) VALUES ('after')");
  await two.expectRows(ALL, [{ body: 'from one' }, { body: 'from two' }, { body: 'after' }]);
  await two.expectRole('active');
  expect((await two.status()).storage).toBe('opfs');
});

for (const [how, replacement] of [
  ['throws', 'class { constructor() { throw new DOMException("denied", "SecurityError"); } }'],
  ['cannot be loaded', 'class extends SharedWorker { constructor(url, options) { super("/no-such-script.js", options); } }'],
] as const) {
  test(`a SharedWorker that ${how}: tabs use the bus, also those that could have one`, async ({ chrome }) => {
    const [one, two] = [await chrome.tab(), await chrome.tab()];
    await one.page.evaluate(`globalThis.SharedWorker = ${replacement}`);
    await one.open();
    await two.open();
    await two.subscribe(ALL);
    await one.exec("INSERT INTO note(body) VALUES ('from one')");
    await two.expectRows(ALL, [{ body: 'from one' }]);
    for (const tab of [one, two]) expect((await tab.status()).topology).toBe('bus');
    await one.page.close();
    await two.exec("INSERT INTO note(body) VALUES ('after')");
    await two.expectRows(ALL, [{ body: 'from one' }, { body: 'after' }]);
    expect((await two.status()).storage).toBe('opfs');
  });
}

test('without SharedWorker: what others post on the channel does no harm', async ({ chrome }) => {
  chrome.initScript = 'delete globalThis.SharedWorker';
  const [one, two] = [await chrome.tab(), await chrome.tab()];
  await one.open();
  await two.open();
  await two.subscribe(ALL);
  const { epoch } = await one.status();
  await two.page.evaluate((epoch) => {
    // The name of the channel that this version uses.
    for (const name of ['tidewater/test/bus', 'tidewater/test/bus/4', 'tidewater/test/bus/5', 'tidewater/test/bus/6']) {
      const channel = new BroadcastChannel(name);
      const everyone = { type: 'everyone' };
      const messages: unknown[] = [undefined, null, 7, 'text', [], {}, { from: null, to: everyone, message: {} }];
      for (const channel of ['pageToCoordinator', 'coordinatorToPage', 'workerToCoordinator', 'coordinatorToWorker', 'pageToHost', 'hostToPage', '?']) {
        for (const message of [undefined, null, {}, { type: '?' }, { type: 'exec', request: 1 }, [], [null], [{ type: 'exec', request: 1 }], { type: 'register', tab: 7 }]) {
          messages.push({ from: { type: 'page', tab: 'x' }, to: everyone, message: { channel, message, epoch, instance: 'x' } });
        }
      }
      for (const message of messages) channel.postMessage(message);
    }
  }, epoch);
  await one.exec("INSERT INTO note(body) VALUES ('after it')");
  await two.expectRows(ALL, [{ body: 'after it' }]);
  expect((await one.status()).epoch).toBe(epoch);
  expect((await two.status()).state).toBe('ready');
});

test('where OPFS is denied the database is in memory, for all tabs, and says so', async ({ chrome }) => {
  const one = await chrome.tab();
  await one.open({ denied: true });
  const two = await chrome.tab();
  await two.open({ denied: true });
  expect((await one.status()).storage).toBe('memory');
  expect((await two.status()).storage).toBe('memory');
  await two.subscribe(ALL);
  await one.exec("INSERT INTO note(body) VALUES ('volatile')");
  await two.expectRows(ALL, [{ body: 'volatile' }]);
});

test('where OPFS fails for a moment it is waited for, not replaced by memory', async ({ chrome }) => {
  const tab = await chrome.tab();
  await tab.open();
  await tab.exec("INSERT INTO note(body) VALUES ('kept')");
  await tab.page.reload();
  await tab.open({ worker: '/faltering-worker.js' });
  expect((await tab.status()).storage).toBe('opfs');
  expect(await tab.query(ALL)).toEqual([{ body: 'kept' }]);
});

test('in memory the next active tab has the tables of every schema script', async ({ chrome }) => {
  const one = await chrome.tab();
  await one.open({ denied: true });
  await one.expectRole('active');
  const two = await chrome.tab();
  await two.open({ denied: true });
  await two.page.evaluate(async () => {
    const { open } = (await import('/index.js' as string)) as typeof import('tidewater');
    await open({ name: 'test', schema: 'CREATE TABLE later(x)' });
  });
  await two.subscribe(ALL);
  await two.subscribe('SELECT x FROM later');
  await one.page.close();
  await two.expectRole('active');
  await two.exec("INSERT INTO note(body) VALUES ('again'); INSERT INTO later VALUES (1)");
  await two.expectRows(ALL, [{ body: 'again' }]);
  await two.expectRows('SELECT x FROM later', [{ x: 1 }]);
});

test('a tab of another version is told so, whatever else its messages say', async ({ chrome }) => {
  const tab = await chrome.tab();
  await tab.open();
  const answer = await tab.page.evaluate(async () => {
    const { port } = new SharedWorker('/coordinator.js', { type: 'module', name: 'tidewater/test' });
    const answered = new Promise((resolve) => (port.onmessage = ({ data }) => resolve(data)));
    port.postMessage({ type: 'register', tab: 'another', protocol: 1_000, news: [] });
    return answered;
  });
  expect(answer).toMatchObject({ type: 'upgradeRequired' });
  expect((await tab.status()).tabs).toBe(1);
});

test('files that are not there are the error of open', async ({ chrome }) => {
  const tab = await chrome.tab();
  const codeOf = (assets: Record<string, string>) =>
    tab.page.evaluate(async (assets) => {
      const { open } = (await import('/index.js' as string)) as typeof import('tidewater');
      return open({ name: `missing-${crypto.randomUUID()}`, assets }).then(
        () => 'opened',
        (error: { code: string; name: string }) => error.name === 'TidewaterError' ? error.code : error.name,
      );
    }, assets);
  expect(await codeOf({ wasm: '/missing.wasm' })).toBe('unavailable');
  expect(await codeOf({ wasm: '/' })).toBe('unavailable');
  expect(await codeOf({ worker: '/missing.js' })).toBe('unavailable');
  expect(await codeOf({ coordinator: '/missing.js' })).toBe('unavailable');
  // Workers of other origins are refused before anything is loaded.
  expect(await codeOf({ worker: 'https://elsewhere.invalid/worker.js' })).toBe('unavailable');
  expect(await codeOf({ coordinator: 'https://elsewhere.invalid/coordinator.js' })).toBe('unavailable');
});

test('a page where the module should be is named in the error, with its address', async ({ chrome }) => {
  const tab = await chrome.tab();
  const message = await tab.page.evaluate(async () => {
    const { open } = (await import('/index.js' as string)) as typeof import('tidewater');
    return open({ name: 'test', assets: { wasm: '/' } }).then(
      () => 'opened',
      (error: Error) => error.message,
    );
  });
  expect(message).toContain(`from ${tab.page.url()}: the server answered 200, text/html`);
});

test('a coordinator that does not answer: open rejects in time', async ({ chrome }) => {
  const tab = await chrome.tab();
  const [code, milliseconds] = await tab.page.evaluate(async () => {
    const { open } = (await import('/index.js' as string)) as typeof import('tidewater');
    const silent = URL.createObjectURL(new Blob([''], { type: 'text/javascript' }));
    const begun = performance.now();
    const code = await open({ name: 'test', assets: { coordinator: silent }, timeout: 3_000 }).then(
      () => 'opened',
      (error: { code: string }) => error.code,
    );
    return [code, performance.now() - begun] as const;
  });
  expect(code).toBe('timeout');
  expect(milliseconds).toBeLessThan(6_000);
});

test('a request that is no message of the protocol is answered', async ({ chrome }) => {
  // As a page would post it that has a fault.
  chrome.initScript = `{
    const post = MessagePort.prototype.postMessage;
    const garble = (message) => (message.sql === 'garbled' ? { ...message, sql: 7 } : message);
    MessagePort.prototype.postMessage = function (message, ...others) {
      return post.call(this, Array.isArray(message) ? message.map(garble) : message, ...others);
    };
  }`;
  const tab = await chrome.tab();
  await tab.open();
  const code = await tab.page.evaluate(() =>
    window.db.query('garbled').then(
      () => 'done',
      (error: { code: string }) => error.code,
    ),
  );
  expect(code).toBe('bad_message');
  await tab.exec("INSERT INTO note(body) VALUES ('after it')");
});
