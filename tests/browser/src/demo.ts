// The chat application of examples/chat, built and served as a user gets it.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { Locator, Page } from '@playwright/test';
import { build, preview } from 'vite';

import type { Served } from './server.js';

const ROOT = fileURLToPath(new URL('../../../examples/chat/', import.meta.url));

export async function serveDemo(): Promise<Served> {
  const outDir = await mkdtemp(join(tmpdir(), 'tidewater-demo-'));
  const options = { root: ROOT, logLevel: 'error', build: { outDir } } as const;
  await build(options);
  const server = await preview({ ...options, preview: { port: 0, host: 'localhost' } });
  const url = server.resolvedUrls?.local[0];
  if (!url) throw new Error('the demo has no address');
  return {
    url,
    close: async () => {
      await server.close();
      await rm(outDir, { recursive: true, force: true });
    },
  };
}

/** A tab of the demo, in the words of a user. */
export class Chat {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  /** Waits until the history is there. */
  async entered(): Promise<void> {
    await this.page.getByRole('log', { name: 'Messages' }).getByRole('article').first().waitFor({ timeout: 45_000 });
  }

  async say(text: string): Promise<void> {
    const field = this.page.getByRole('textbox', { name: /^Message to/ });
    await field.fill(text);
    await field.press('Enter');
  }

  async enter(channel: string): Promise<void> {
    await this.link(channel).click();
    await this.page.getByRole('heading', { name: channel }).waitFor();
  }

  async become(person: string): Promise<void> {
    await this.page.getByRole('combobox', { name: 'You are' }).selectOption({ label: person });
  }

  async openSql(): Promise<void> {
    await this.page.getByRole('button', { name: 'SQL pane', exact: true }).click();
  }

  async watch(sql: string): Promise<void> {
    await this.page.getByRole('textbox', { name: 'A SELECT' }).fill(sql);
  }

  messages(): Locator {
    return this.page.getByRole('log', { name: 'Messages' }).getByRole('article');
  }

  message(text: string): Locator {
    return this.messages().filter({ hasText: text });
  }

  link(channel: string): Locator {
    return this.page.getByRole('navigation', { name: 'Channels' }).getByRole('link', { name: new RegExp(`^${channel}(,|$)`) });
  }

  result(): Locator {
    return this.page.getByRole('region', { name: 'Result' });
  }

  status(name: 'role' | 'storage' | 'commit' | 'latency' | 'drawn'): Locator {
    return this.page.locator(`[data-status=${name}]`);
  }
}
