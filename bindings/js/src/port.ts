// What connects two actors: a MessagePort, or a stand-in for one on the bus.

export interface Port {
  postMessage(message: unknown, transfer?: Transferable[]): void;
  onmessage: ((event: { data: unknown; ports?: readonly MessagePort[] }) => void) | null;
  /** Called when a message came that cannot be read. */
  onmessageerror?: (() => void) | null;
  close(): void;
}
