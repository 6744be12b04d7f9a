import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { getEventListeners } from 'node:events';
import type { ClientRequest } from 'node:http';
import type { Socket } from 'node:net';

const CHANNEL = 'http.client.request.start';

/**
 * Looks on while listeners are added: to signals for their abort, and to the sockets of requests.
 *
 * What forgets to take its listener away leaves one more with each request, on the signal that several requests share and on the
 * socket that is used again.
 */
export class Listeners {
  /** Is how many a signal had at most. */
  mostOfSignal = 0;
  /** Is how many more than with its first request a socket had at most, for one event. */
  growthOfSocket = 0;
  readonly #signals = new Set<AbortSignal>();
  readonly #sockets = new WeakMap<Socket, ReadonlyMap<string | symbol, number>>();
  readonly #onRequest = (message: unknown): void => {
    // It has its socket by now: the request has been written to it.
    this.#lookAt((message as { readonly request: ClientRequest }).request.socket);
  };

  constructor() {
    const added = (signal: AbortSignal): void => {
      this.#signals.add(signal);
      this.mostOfSignal = Math.max(this.mostOfSignal, getEventListeners(signal, 'abort').length);
    };
    AbortSignal.prototype.addEventListener = function add(this: AbortSignal, ...args: [never, never, never]): void {
      EventTarget.prototype.addEventListener.apply(this, args);
      added(this);
    };
    subscribe(CHANNEL, this.#onRequest);
  }

  /** Counts those that signals have now. */
  get ofSignals(): number {
    return [...this.#signals].reduce((sum, signal) => sum + getEventListeners(signal, 'abort').length, 0);
  }

  /** Looks on no longer. */
  close(): void {
    // What it had before it had from EventTarget.
    delete (AbortSignal.prototype as Partial<AbortSignal>).addEventListener;
    unsubscribe(CHANNEL, this.#onRequest);
  }

  #lookAt(socket: Socket | null): void {
    if (!socket) return;
    const atFirst = this.#sockets.get(socket);
    const now = new Map(socket.eventNames().map((name) => [name, socket.listenerCount(name)]));
    if (!atFirst) this.#sockets.set(socket, now);
    else
      for (const [name, count] of now)
        this.growthOfSocket = Math.max(this.growthOfSocket, count - (atFirst.get(name) ?? 0));
  }
}
