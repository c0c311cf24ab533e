// A browser with a profile on disk: an incognito context keeps OPFS in memory and shows nothing of durability.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type BrowserContext, chromium, test as base } from '@playwright/test';

import { Firefox, isFirefox } from './firefox.js';
import { type ServedPackage, serve } from './server.js';
import { Tab } from './tab.js';

export class Browser {
  readonly #profile: string;
  readonly #url: string;
  #context: Promise<BrowserContext> | undefined;
  /** Run in every page before anything else. */
  initScript: string | undefined;

  constructor(profile: string, url: string) {
    this.#profile = profile;
    this.#url = url;
  }

  context(): Promise<BrowserContext> {
    return (this.#context ??= this.#launch());
  }

  /** A new tab with an empty page. */
  async tab(): Promise<Tab> {
    const page = await (await this.context()).newPage();
    page.on('console', (message) => {
      if (message.type() === 'error') console.log(`    page: ${message.text()}`);
    });
    await page.goto(this.#url);
    return new Tab(page);
  }

  /** Closes the browser; the profile stays. */
  async close(): Promise<void> {
    await (await this.#context)?.close();
    this.#context = undefined;
  }

  /** The test is over. */
  end(): Promise<void> {
    return this.close();
  }

  async #launch(): Promise<BrowserContext> {
    const executablePath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';
    // Containers run as root, where Chromium refuses its sandbox.
    const options = { executablePath, headless: true, chromiumSandbox: false };
    const context = await chromium.launchPersistentContext(this.#profile, options);
    if (this.initScript) await context.addInitScript(this.initScript);
    return context;
  }
}

/** Either browser; the context is Chromium's alone. */
export type AnyBrowser = Pick<Browser, 'tab' | 'close' | 'context' | 'initScript'>;

export const test = base.extend<{ served: ServedPackage; browserProfile: string; chrome: AnyBrowser }>({
  served: async ({}, use) => {
    const served = await serve();
    await use(served);
    await served.close();
  },
  browserProfile: async ({}, use) => {
    const profile = await mkdtemp(join(tmpdir(), 'tidewater-profile-'));
    await use(profile);
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  },
  chrome: async ({ served, browserProfile }, use) => {
    const browser = isFirefox ? new Firefox(served.url) : new Browser(browserProfile, served.url);
    await use(browser);
    await browser.end();
  },
});

export { expect } from '@playwright/test';
