// Firefox, by WebDriver BiDi. It stands where a test has Chromium; what only Chromium's protocol can do it cannot.

import type { Page } from '@playwright/test';
import puppeteer, { type Browser as Puppeteer } from 'puppeteer-core';

import { Tab } from './tab.js';

/** Whether the tests run in Firefox. */
export const isFirefox = process.env.TIDEWATER_BROWSER === 'firefox';

/** Why a test is skipped there. */
export const NEEDS_CHROMIUM = 'it needs the protocol of Chromium';

export class Firefox {
  readonly #profile: string;
  readonly #url: string;
  #browser: Promise<Puppeteer> | undefined;
  initScript: string | undefined;

  constructor(profile: string, url: string) {
    this.#profile = profile;
    this.#url = url;
  }

  context(): never {
    throw new Error(NEEDS_CHROMIUM);
  }

  /** A new tab with an empty page. */
  async tab(): Promise<Tab> {
    const page = await (await this.#launched()).newPage();
    page.on('console', (message) => {
      if (message.type() === 'error') console.log(`    page: ${message.text()}`);
    });
    const script = this.initScript;
    if (script !== undefined) await page.evaluateOnNewDocument(script);
    await page.goto(this.#url);
    // What tests ask of a page is the same in both: to evaluate a function with one argument, to reload and to close.
    return new Tab(page as unknown as Page);
  }

  /** Closes the browser; the profile stays. */
  async close(): Promise<void> {
    await (await this.#browser)?.close();
    this.#browser = undefined;
  }

  #launched(): Promise<Puppeteer> {
    const executablePath = process.env.FIREFOX_PATH ?? '/usr/bin/firefox-esr';
    const options = { browser: 'firefox', executablePath, headless: true, userDataDir: this.#profile } as const;
    return (this.#browser ??= puppeteer.launch(options));
  }
}
