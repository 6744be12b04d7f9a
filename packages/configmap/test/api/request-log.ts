import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';

/** Records what this process asks API servers for. */
export class RequestLog implements Disposable {
  readonly lists: URLSearchParams[] = [];
  readonly watches: URLSearchParams[] = [];

  constructor() {
    subscribe('http.client.request.start', this.#note);
  }

  [Symbol.dispose](): void {
    unsubscribe('http.client.request.start', this.#note);
  }

  readonly #note = (message: unknown): void => {
    const { path } = (message as { readonly request: ClientRequest }).request;
    if (!path.includes('fieldSelector')) return;
    const { searchParams } = new URL(path, 'https://server');
    (searchParams.has('watch') ? this.watches : this.lists).push(searchParams);
  };
}
