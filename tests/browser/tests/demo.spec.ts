// The demo: what it shows to a user with two tabs.

import { Browser, expect, test as base } from '../src/browser.js';
import { Chat, serveDemo } from '../src/demo.js';
import type { Served } from '../src/server.js';

const test = base.extend<{ tab: () => Promise<Chat> }, { demo: Served }>({
  demo: [
    async ({}, use) => {
      const demo = await serveDemo();
      await use(demo);
      await demo.close();
    },
    { scope: 'worker' },
  ],
  tab: async ({ demo, browserProfile }, use) => {
    const browser = new Browser(browserProfile, demo.url);
    await use(async () => {
      const chat = new Chat((await browser.tab()).page);
      await chat.entered();
      return chat;
    });
    await browser.close();
  },
});

// Each test begins with 20,000 messages, and machines that run tests are busy.
test.describe.configure({ timeout: 120_000 });

test('the history is written once and survives closing the browser', async ({ demo, browserProfile }) => {
  const browser = new Browser(browserProfile, demo.url);
  const first = new Chat((await browser.tab()).page);
  await first.entered();
  await expect(first.messages()).toHaveCount(50);
  await expect(first.status('storage')).toHaveText('opfs');
  await first.say('The last one out closes the door');
  await first.message('The last one out').waitFor();
  await browser.close();

  const again = new Chat((await browser.tab()).page);
  await again.entered();
  await expect(again.messages().last()).toContainText('The last one out closes the door');
  await again.openSql();
  await again.watch('SELECT count(*) AS n FROM message');
  await expect(again.result().getByRole('cell')).toHaveText(['20001']);
  await browser.close();
});

test('when the tab that writes the history is closed, another one goes on with it', async ({ demo, browserProfile }) => {
  const browser = new Browser(browserProfile, demo.url);
  const [first, other] = await Promise.all([browser.tab(), browser.tab()]);
  const second = new Chat(other.page);
  // A fast machine may be through with it.
  await second.page.waitForFunction(() => document.querySelector('progress')?.value || document.querySelector('article'));
  await first.page.close();
  await second.entered();
  await second.openSql();
  await second.watch('SELECT count(*) AS n, count(DISTINCT id) AS ids, max(id) AS newest FROM message');
  await expect(second.result().getByRole('cell')).toHaveText(['20000', '20000', '20000']);
  await browser.close();
});

test('when the active tab is closed while another writes the history, that one goes on', async ({ demo, browserProfile }) => {
  const browser = new Browser(browserProfile, demo.url);
  const active = await (await browser.context()).newPage();
  await active.addInitScript(() => {
    const request = navigator.locks.request.bind(navigator.locks) as (...request: unknown[]) => Promise<unknown>;
    const never = new Promise(() => {});
    // It never comes to write.
    Object.assign(navigator.locks, { request: (...asked: unknown[]) => (asked[0] === 'harbour/fill' ? never : request(...asked)) });
  });
  await active.goto(demo.url);
  await active.getByRole('progressbar').waitFor();
  const writer = new Chat((await browser.tab()).page);
  await writer.page.waitForFunction(() => document.querySelector('progress')?.value);
  await active.close();
  await writer.entered();
  await writer.openSql();
  await writer.watch('SELECT count(*) AS n, count(DISTINCT id) AS ids, max(id) AS newest FROM message');
  await expect(writer.result().getByRole('cell')).toHaveText(['20000', '20000', '20000']);
  await browser.close();
});

test('a message appears in the other tab, and the others are not drawn again', async ({ tab }) => {
  const [ada, bruno] = [await tab(), await tab()];
  await expect(ada.status('role')).toHaveText('active');
  await expect(bruno.status('role')).toHaveText('follower');
  await ada.become('Ada Okafor');
  await bruno.become('Bruno Lima');

  await ada.say('Fog is lifting at the lighthouse');
  await expect(bruno.message('Fog is lifting')).toContainText('Ada Okafor');
  // The new one, and the first of the window where its predecessor left it.
  await expect(bruno.status('drawn')).toHaveText(/^[12] of 50$/);
  await bruno.say('Seen from the ferry too');
  await expect(ada.message('Seen from the ferry too')).toContainText('Bruno Lima');
  await expect(bruno.status('latency')).toHaveText(/^\d+\.\d ms$/);

  const said = bruno.message('Fog is lifting');
  await said.hover();
  await said.getByRole('button', { name: 'React with 🎉' }).click();
  const chip = ada.message('Fog is lifting').getByRole('button', { name: '🎉 by Bruno Lima' });
  await expect(chip).toHaveText(/1/);
  await chip.click();
  await expect(said.getByRole('button', { name: '🎉 by Ada Okafor, Bruno Lima' })).toHaveText(/2/);
});

test('when the active tab is closed, the other one takes over and goes on', async ({ tab }) => {
  const [one, two] = [await tab(), await tab()];
  await one.say('I have to leave');
  await two.message('I have to leave').waitFor();
  await one.page.close();
  await two.say('Then I take the helm');
  await two.message('Then I take the helm').waitFor();
  await expect(two.status('role')).toHaveText('active');
  await expect(two.messages()).toHaveCount(50);
  await two.message('I have to leave').waitFor();
});

test('what is unread is counted, and read by entering', async ({ tab }) => {
  const [ada, bruno] = [await tab(), await tab()];
  await ada.become('Ada Okafor');
  await bruno.become('Bruno Lima');
  await bruno.enter('weather');
  await bruno.enter('galley');
  await expect(bruno.link('weather')).toHaveAccessibleName('weather');

  await ada.enter('weather');
  await ada.say('High water at noon');
  await ada.say('And a seal');
  await expect(bruno.link('weather')).toHaveAccessibleName('weather, 2 unread');
  await expect(ada.link('weather')).toHaveAccessibleName('weather');

  await bruno.enter('weather');
  await bruno.message('And a seal').waitFor();
  await expect(bruno.page.getByRole('separator')).toHaveText('New');
  await bruno.enter('galley');
  await expect(bruno.link('weather')).toHaveAccessibleName('weather');
});

test('the SQL pane keeps any SELECT live', async ({ tab }) => {
  const [one, two] = [await tab(), await tab()];
  await one.openSql();
  await one.watch("SELECT body, length(body) AS letters FROM message WHERE body LIKE '%marmalade%' ORDER BY id");
  await expect(one.page.getByText('No rows.')).toBeVisible();

  await two.say('Has anybody seen the marmalade?');
  await expect(one.result().getByRole('row')).toHaveCount(2);
  await expect(one.result().getByRole('cell')).toHaveText(['Has anybody seen the marmalade?', '31']);
  await expect(one.page.getByRole('list', { name: 'Last commits' })).toContainText('+1');
  await one.page.getByText('How it is kept up to date').click();
  await expect(one.page.locator('.explain pre')).toContainText('message');

  await one.watch('SELECT nowhere FROM message');
  await expect(one.page.getByRole('alert')).toContainText('no such column: nowhere');
  await one.page.getByRole('button', { name: 'Newest messages' }).click();
  await expect(one.result().getByRole('row').nth(1)).toContainText('marmalade');
});

test('the search finds words in all channels, as they are written', async ({ tab }) => {
  const [one, two] = [await tab(), await tab()];
  await one.page.getByRole('searchbox').fill('zeppel');
  const found = one.page.getByRole('region', { name: 'Search results' });
  await expect(found.getByRole('status')).toContainText('0 messages');

  await two.enter('off-duty');
  await two.say('Is that a Zeppelin over Customs Quay?');
  await expect(found.getByRole('link')).toHaveCount(1);
  await expect(found.locator('mark')).toHaveText('Zeppelin');
  await found.getByRole('link').click();
  await expect(one.page.getByRole('heading', { name: 'off-duty' })).toBeVisible();
  await expect(one.message('Zeppelin')).toBeVisible();
});
