// Serves an empty page and the files of the built package.

import { readFile } from 'node:fs/promises';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const DIST = fileURLToPath(new URL('../../../bindings/js/dist/', import.meta.url));
const ORACLE = fileURLToPath(new URL('../../../target/oracle-wasm/', import.meta.url));

const BENCHES = fileURLToPath(new URL('../../../target/benches-wasm/', import.meta.url));
const BENCHES_WORKER = fileURLToPath(new URL('../benches/worker.js', import.meta.url));

const TYPES: Record<string, string> = {
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
  '.map': 'application/json',
};

const PAGE = '<!doctype html><meta charset="utf-8"><title>tidewater</title><link rel="icon" href="data:,">';

/** The worker in a browser that denies OPFS, as Firefox does in a private window. */
const DENIED = `navigator.storage.getDirectory = () => Promise.reject(new DOMException('denied', 'SecurityError'));\n`;

export interface Served {
  readonly url: string;
  close(): Promise<void>;
}

export interface ServedPackage extends Served {
  /** What pages have posted to `/ledger`: it outlives them and the browser. */
  readonly ledger: string[];
  /** Files that are not served any more, as those of an old build are not, or nothing is while the network is away. */
  readonly withheld: Set<string>;
}

/** The package as several builds of an application have it: under URLs of their own. */
export const BUILDS = ['old', 'new', 'newest'] as const;

export interface Serving {
  /** The folder of another build of the package. */
  dist?: string;
  /** Whether browsers may keep what is served. */
  isCached?: boolean;
  /** Other files, by their paths: HTML and JavaScript as they are, the rest by the path of a file. */
  files?: Record<string, string>;
}

/** Serves a page and the package: the one that was built here, or what another folder has. */
export async function serve({ dist = DIST, isCached = false, files = {} }: Serving = {}): Promise<ServedPackage> {
  const withheld = new Set<string>();
  const ledger: string[] = [];
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    if (pathname === '/ledger') {
      let text = '';
      for await (const part of request) text += String(part);
      ledger.push(...text.split(' '));
      response.end();
      return;
    }
    try {
      if (withheld.has(pathname)) throw new Error('withheld');
      const [type, body] = pathname in files ? await loadFile(pathname, files[pathname]!) : await load(pathname, dist);
      response.setHeader('content-type', type);
      response.setHeader('cache-control', isCached ? 'max-age=3600' : 'no-store');
      if (isIsolated(pathname)) {
        response.setHeader('cross-origin-opener-policy', 'same-origin');
        response.setHeader('cross-origin-embedder-policy', 'require-corp');
      }
      response.end(body);
    } catch {
      response.statusCode = 404;
      response.end();
    }
  });
  const port = await listen(server);
  return { url: `http://localhost:${port}/`, ledger, withheld, close: () => stop(server) };
}

/** The port is part of an origin, and a browser that outlives a test keeps what belongs to that. */
const used = new Set<number>();

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  if (!used.has(port)) {
    used.add(port);
    return port;
  }
  await stop(server);
  return listen(server);
}

/** The worker with an engine that traps soon after it began. */
const TRAPPING = `setTimeout(() => { throw new Error('trapped'); }, 500);\n`;

/** The worker with an engine that dies of every statement that names poison. */
const POISONABLE = `{
  const { set } = Object.getOwnPropertyDescriptor(MessagePort.prototype, 'onmessage');
  Object.defineProperty(MessagePort.prototype, 'onmessage', {
    set(handler) {
      set.call(this, handler && ((event) => {
        if (Array.isArray(event.data) && event.data.some(({ sql }) => sql?.includes('poison'))) throw new Error('poisoned');
        handler(event);
      }));
    },
  });
}\n`;

/** The worker in a browser whose OPFS fails a few times, with a word that says nothing, before it works. */
const FALTERING = `{
  let failures = 3;
  const getDirectory = navigator.storage.getDirectory.bind(navigator.storage);
  navigator.storage.getDirectory = () =>
    failures-- > 0 ? Promise.reject(new DOMException('transient', 'UnknownError')) : getDirectory();
}\n`;

/** A SharedWorker that hands on what comes from a page to a port and back, and tells for how long it worked on one message. */
const RELAY = `onconnect = ({ ports: [page] }) => {
  let port, spent = 0, count = 0;
  const hand = (to, data) => {
    const begun = performance.now();
    to.postMessage(data, [data.buffer]);
    spent += performance.now() - begun;
    count += 1;
  };
  page.onmessage = ({ data, ports }) => {
    if (data === 'busy') return page.postMessage(spent / (count / 2));
    if (data) return hand(port, data);
    port = ports[0];
    port.onmessage = ({ data }) => hand(page, data);
  };
};`;

const WORKERS: Record<string, string> = {
  '/denied-worker.js': DENIED,
  '/faltering-worker.js': FALTERING,
  '/poisonable-worker.js': POISONABLE,
  '/trapping-worker.js': TRAPPING,
};

/** What measures is isolated from other origins: browsers give it a finer clock. */
function isIsolated(path: string): boolean {
  return path === '/isolated' || path === '/relay.js' || path.startsWith('/benches/');
}

async function loadFile(path: string, file: string): Promise<[type: string, body: string | Buffer]> {
  const type = TYPES[extname(path)] ?? 'text/html';
  return [type, file.includes('\n') ? file : await readFile(file)];
}

async function load(path: string, dist: string): Promise<[type: string, body: string | Buffer]> {
  if (path === '/' || path === '/isolated') return ['text/html', PAGE];
  if (path === '/benches/worker.js') return ['text/javascript', await readFile(BENCHES_WORKER)];
  if (path === '/relay.js') return ['text/javascript', RELAY];
  const before = WORKERS[path];
  if (before) return ['text/javascript', before + (await readFile(join(dist, 'worker.js'), 'utf8'))];
  const build = BUILDS.find((build) => path.startsWith(`/${build}/`));
  if (build) return load(path.slice(build.length + 1), dist);
  const type = TYPES[extname(path)];
  if (!type || path.includes('..')) throw new Error('not served');
  const module = path.match(/^\/(oracle|benches)\/(.*)$/);
  const folder = module?.[1] === 'oracle' ? ORACLE : BENCHES;
  return [type, await readFile(module ? join(folder, module[2]!) : join(dist, path))];
}

function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
