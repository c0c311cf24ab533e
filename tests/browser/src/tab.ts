// Drives a tab: what is called here happens in the page.

import { type Page, expect } from '@playwright/test';

type Tidewater = typeof import('tidewater');
type Database = Awaited<ReturnType<Tidewater['open']>>;

declare global {
  interface Window {
    db: Database;
    subscriptions: Record<string, import('tidewater').Subscription>;
  }
}

export interface OpenOptions {
  name?: string;
  schema?: string;
  /** Give the worker a browser that denies OPFS. */
  denied?: boolean;
  /** The script of the worker, if it is another one. */
  worker?: string;
  /** Whether foreign keys are enforced, if the application says so. */
  foreignKeys?: boolean;
  /** The build of the application that the page is of, if there are several. */
  build?: string;
}

export const SCHEMA = 'CREATE TABLE IF NOT EXISTS note(id INTEGER PRIMARY KEY, body TEXT NOT NULL)';

export class Tab {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  /** Opens the database as `window.db`. */
  open(options: OpenOptions = {}): Promise<void> {
    const { name = 'test', schema = SCHEMA, denied, worker = denied ? '/denied-worker.js' : '', build, foreignKeys } = options;
    const module = build ? `/${build}/index.js` : '/index.js';
    return this.page.evaluate(
      async ({ name, schema, worker, module, foreignKeys }) => {
        const { open } = (await import(module)) as Tidewater;
        window.subscriptions = {};
        window.db = await open({
          name,
          schema,
          ...(worker ? { assets: { worker } } : {}),
          ...(foreignKeys === undefined ? {} : { foreignKeys }),
        });
      },
      { name, schema, worker, module, foreignKeys },
    );
  }

  exec(sql: string, params: (string | number)[] = []): Promise<{ commit: number; changes: number }> {
    return this.page.evaluate(({ sql, params }) => window.db.exec(sql, params), { sql, params });
  }

  query(sql: string): Promise<Record<string, unknown>[]> {
    return this.page.evaluate((sql) => window.db.query(sql), sql);
  }

  subscribe(sql: string, key = sql, params: (string | number)[] = []): Promise<void> {
    return this.page.evaluate(
      async ({ sql, key, params }) => {
        const subscription = window.db.subscribe(sql, params);
        window.subscriptions[key] = subscription;
        await subscription.ready;
      },
      { sql, key, params },
    );
  }

  /** Rebinds a subscription; what it shows once that is done, or the code of the error. */
  rebind(key: string, params: (string | number)[]): Promise<Record<string, unknown>[] | string> {
    return this.page.evaluate(
      async ({ key, params }) => {
        const subscription = window.subscriptions[key]!;
        const rebound = subscription.rebind(params).then(() => [...subscription.rows]);
        return rebound.catch((error: { code: string }) => error.code);
      },
      { key, params },
    );
  }

  rows(key: string): Promise<Record<string, unknown>[]> {
    return this.page.evaluate((key) => [...window.subscriptions[key]!.rows], key);
  }

  status(): Promise<Database['status']> {
    return this.page.evaluate(() => ({ ...window.db.status }));
  }

  /** Waits until the subscription shows these rows. */
  async expectRows(key: string, rows: Record<string, unknown>[]): Promise<void> {
    await expect.poll(() => this.rows(key)).toEqual(rows);
  }

  async expectRole(role: 'active' | 'follower'): Promise<void> {
    await expect.poll(async () => (await this.status()).role).toBe(role);
  }
}
