// Chromium over its debugging pipe alone. Playwright keeps every page visible, and a visible page is never frozen.

import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';

type Answer = { id?: number; method?: string; sessionId?: string; result?: Record<string, unknown>; error?: { message: string } };

export class DevTools {
  readonly #process: ChildProcess;
  readonly #input: Writable;
  readonly #waiting = new Map<number, { session: string | undefined; resolve: (result: never) => void; reject: (error: Error) => void }>();
  /** Tabs whose process has ended. It may be that of several, and nothing that was asked of them is answered. */
  readonly #dead = new Set<string>();
  #last = 0;

  constructor(profile: string) {
    const executable = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';
    const flags = ['--headless=new', '--no-sandbox', '--remote-debugging-pipe', '--no-first-run', `--user-data-dir=${profile}`];
    this.#process = spawn(executable, [...flags, 'about:blank'], { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
    this.#input = this.#process.stdio[3] as Writable;
    let rest = '';
    (this.#process.stdio[4] as Readable).setEncoding('utf8').on('data', (chunk: string) => {
      const messages = (rest + chunk).split('\0');
      rest = messages.pop() ?? '';
      for (const message of messages) this.#receive(JSON.parse(message) as Answer);
    });
  }

  send<Result = Record<string, unknown>>(method: string, params: object = {}, sessionId?: string): Promise<Result> {
    if (sessionId !== undefined && this.#dead.has(sessionId)) return Promise.reject(new Error('the tab has died'));
    const id = (this.#last += 1);
    this.#input.write(`${JSON.stringify({ id, method, params, ...(sessionId ? { sessionId } : {}) })}\0`);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { session: sessionId, resolve, reject });
      // A tab that hangs answers nothing, and the test has to say so.
      setTimeout(() => reject(new Error(`no answer to ${method}`)), 30_000).unref();
    });
  }

  /** A new tab in the one window. */
  async tab(url: string): Promise<RawTab> {
    const { targetId } = await this.send<{ targetId: string }>('Target.createTarget', { url });
    const { sessionId } = await this.send<{ sessionId: string }>('Target.attachToTarget', { targetId, flatten: true });
    await this.send('Inspector.enable', {}, sessionId);
    const tab = new RawTab(this, targetId, sessionId);
    await tab.until('location.href !== "about:blank" && document.readyState === "complete"');
    return tab;
  }

  /** Ends a SharedWorker of the browser's, if it runs one. */
  async killCoordinator(): Promise<void> {
    const { targetInfos } = await this.send<{ targetInfos: { type: string; targetId: string }[] }>('Target.getTargets', { filter: [{}] });
    const worker = targetInfos.find(({ type }) => type === 'shared_worker');
    if (worker) await this.send('Target.closeTarget', { targetId: worker.targetId });
  }

  /** Ends the browser at once, as a power cut would but for the disk. Nothing that waits for it is answered. */
  async kill(): Promise<void> {
    const exited = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.kill('SIGKILL');
    await exited;
    for (const { reject } of this.#waiting.values()) reject(new Error('the browser was killed'));
    this.#waiting.clear();
  }

  async close(): Promise<void> {
    const exited = new Promise((resolve) => this.#process.once('exit', resolve));
    this.send('Browser.close').catch(() => {});
    // A browser in which tabs have crashed may take minutes to end by itself.
    const patience = setTimeout(() => this.#process.kill('SIGKILL'), 5_000);
    await exited;
    clearTimeout(patience);
  }

  /** Whether the process of a tab has ended. */
  isDead(session: string): boolean {
    return this.#dead.has(session);
  }

  #receive({ id, method, sessionId, result, error }: Answer): void {
    if (method === 'Inspector.targetCrashed' && sessionId !== undefined) {
      this.#dead.add(sessionId);
      for (const [id, { session, reject }] of this.#waiting) {
        if (session !== sessionId) continue;
        this.#waiting.delete(id);
        reject(new Error('the tab has died'));
      }
    }
    const waiting = id === undefined ? undefined : this.#waiting.get(id);
    if (!waiting || id === undefined) return;
    this.#waiting.delete(id);
    if (error) waiting.reject(new Error(error.message));
    else waiting.resolve(result as never);
  }
}

export class RawTab {
  readonly #devtools: DevTools;
  readonly #target: string;
  readonly #session: string;

  constructor(devtools: DevTools, target: string, session: string) {
    this.#devtools = devtools;
    this.#target = target;
    this.#session = session;
  }

  /** The value of an expression, awaited. */
  async evaluate<Value>(expression: string): Promise<Value> {
    const params = { expression, awaitPromise: true, returnByValue: true };
    const { result, exceptionDetails } = await this.#devtools.send<{
      result: { value: Value };
      exceptionDetails?: { exception?: { description?: string } };
    }>('Runtime.evaluate', params, this.#session);
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? 'an exception in the page');
    return result.value;
  }

  /** Waits until an expression is true. */
  async until(expression: string): Promise<void> {
    for (let tries = 0; tries < 200; tries += 1) {
      if (await this.evaluate(expression)) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`never came true: ${expression}`);
  }

  get isDead(): boolean {
    return this.#devtools.isDead(this.#session);
  }

  async close(): Promise<void> {
    await this.#devtools.send('Target.closeTarget', { targetId: this.#target });
  }

  /** Ends its process. */
  crash(): void {
    // Never answered: there is nobody left to do so.
    void this.#devtools.send('Page.crash', {}, this.#session).catch(() => {});
  }

  async activate(): Promise<void> {
    await this.#devtools.send('Target.activateTarget', { targetId: this.#target });
  }

  async lifecycle(state: 'frozen' | 'active'): Promise<void> {
    await this.#devtools.send('Page.setWebLifecycleState', { state }, this.#session);
  }
}
