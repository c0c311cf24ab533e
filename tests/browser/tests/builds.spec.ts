// Several builds of an application on one origin, as after each deploy: their workers have URLs of their own.

import { type AnyBrowser, expect, test } from '../src/browser.js';
import { NEEDS_CHROMIUM, isFirefox } from '../src/firefox.js';
import { BUILDS } from '../src/server.js';
import type { Tab } from '../src/tab.js';

const ALL = 'SELECT body FROM note ORDER BY id';

async function opened(chrome: AnyBrowser, build: string): Promise<Tab> {
  const tab = await chrome.tab();
  await tab.open({ build });
  await tab.subscribe(ALL);
  return tab;
}

/** Each tab writes, and all see it. */
async function expectShared(tabs: readonly Tab[]): Promise<void> {
  for (const tab of tabs) {
    await tab.exec("INSERT INTO note(body) VALUES ('note')");
    const rows = await tab.query(ALL);
    for (const other of tabs) await other.expectRows(ALL, rows);
  }
}

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item) => permutations(items.filter((other) => other !== item)).map((rest) => [item, ...rest]));
}

async function coordinators(chrome: AnyBrowser): Promise<{ targetId: string; url: string }[]> {
  const context = await chrome.context();
  const session = await context.newCDPSession(context.pages()[0]!);
  const { targetInfos } = await session.send('Target.getTargets', { filter: [{}] });
  await session.detach();
  return targetInfos.filter(({ type }) => type === 'shared_worker');
}

async function expectOneCoordinator(chrome: AnyBrowser): Promise<void> {
  if (!isFirefox) expect(await coordinators(chrome)).toHaveLength(1);
}

async function killCoordinator(chrome: AnyBrowser): Promise<void> {
  const context = await chrome.context();
  const session = await context.newCDPSession(context.pages()[0]!);
  const [coordinator, ...others] = await coordinators(chrome);
  expect(others).toEqual([]);
  await session.send('Target.closeTarget', { targetId: coordinator!.targetId });
}

for (const opening of permutations(BUILDS)) {
  test(`opened in the order ${opening.join(', ')}, closed in every order`, async ({ chrome }) => {
    for (const closing of permutations(opening).slice(0, isFirefox ? 2 : 6)) {
      const tabs = new Map<string, Tab>();
      for (const build of opening) tabs.set(build, await opened(chrome, build));
      await expectShared([...tabs.values()]);
      await expectOneCoordinator(chrome);
      for (const build of closing) {
        await tabs.get(build)!.page.close();
        tabs.delete(build);
        await expectShared([...tabs.values()]);
      }
    }
  });
}

test('opened at the same moment', async ({ chrome }) => {
  for (let round = 0; round < 10; round += 1) {
    const tabs = await Promise.all([...BUILDS, ...BUILDS].map((build) => opened(chrome, build)));
    await expectShared(tabs);
    await expectOneCoordinator(chrome);
    await Promise.all(tabs.map((tab) => tab.page.close()));
  }
});

test('a coordinator that runs is joined when its script is no longer served', async ({ chrome, served }) => {
  const old = await opened(chrome, 'old');
  served.withheld.add('/old/coordinator.js');
  const tabs = [old, await opened(chrome, 'new'), await opened(chrome, 'old')];
  await expectShared(tabs);
  await expectOneCoordinator(chrome);
});

test('the coordinator dies and its script is gone: another build starts one', async ({ chrome, served }) => {
  test.skip(isFirefox, NEEDS_CHROMIUM);
  const old = await opened(chrome, 'old');
  const next = await opened(chrome, 'new');
  served.withheld.add('/old/coordinator.js');
  await killCoordinator(chrome);
  await expect.poll(async () => (await coordinators(chrome)).map(({ url }) => new URL(url).pathname)).toEqual(['/new/coordinator.js']);
  const newest = await opened(chrome, 'newest');
  await expectShared([old, next, newest]);
  await old.page.close();
  await expectShared([next, newest]);
});

test('no coordinator can be had: what is open works on, and all goes on when one can', async ({ chrome, served }) => {
  test.skip(isFirefox, NEEDS_CHROMIUM);
  const one = await opened(chrome, 'old');
  const two = await opened(chrome, 'old');
  served.withheld.add('/old/coordinator.js');
  await killCoordinator(chrome);
  for (const tab of [one, two]) await expect.poll(async () => (await tab.status()).coordinator).toBe('unavailable');
  await expectShared([one, two]);
  served.withheld.delete('/old/coordinator.js');
  for (const tab of [one, two]) await expect.poll(async () => (await tab.status()).coordinator).toBe('connected');
  const three = await opened(chrome, 'old');
  await one.page.close();
  await expectShared([two, three]);
});
