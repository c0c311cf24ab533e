// Firefox, by WebDriver BiDi. It stands where a test has Chromium; what only Chromium's protocol can do it cannot.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Page } from '@playwright/test';
import puppeteer, { type Browser as Puppeteer, type Page as PuppeteerPage } from 'puppeteer-core';

import { Tab } from './tab.js';

/** Whether the tests run in Firefox. */
export const isFirefox = process.env.TIDEWATER_BROWSER === 'firefox';

/** Why a test is skipped there. */
export const NEEDS_CHROMIUM = 'it needs the protocol of Chromium';

/** One browser for all tests of a process of the runner: it takes seconds to start. Each test has a server, and so an origin, of its own. */
const profile = isFirefox ? mkdtempSync(join(tmpdir(), 'tidewater-profile-')) : '';
let browser: Promise<Puppeteer> | undefined;
if (isFirefox) process.on('exit', () => rmSync(profile, { recursive: true, force: true, maxRetries: 5 }));

export class Firefox {
  readonly #url: string;
  readonly #pages: PuppeteerPage[] = [];
  initScript: string | undefined;

  constructor(url: string) {
    this.#url = url;
  }

  context(): never {
    throw new Error(NEEDS_CHROMIUM);
  }

  /** A new tab with an empty page. */
  async tab(): Promise<Tab> {
    const page = await (await this.#launched()).newPage();
    this.#pages.push(page);
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
    await (await browser)?.close();
    browser = undefined;
  }

  /** Closes what is open; the browser stays for the next test. */
  async end(): Promise<void> {
    for (const page of this.#pages) await page.close().catch(() => {});
  }

  #launched(): Promise<Puppeteer> {
    const executablePath = process.env.FIREFOX_PATH ?? '/usr/bin/firefox-esr';
    const options = { browser: 'firefox', executablePath, headless: true, userDataDir: profile } as const;
    return (browser ??= puppeteer.launch(options));
  }
}
