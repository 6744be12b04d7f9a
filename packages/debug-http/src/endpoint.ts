import type { FlagSet } from '@flagz/core';
import { assetAnswer } from './assets.ts';
import { type Attempt, Attempts } from './attempts.ts';
import { attemptDocument, flagzDocument, type Shown } from './document.ts';
import { type Answer, type Ask, BodyError, jsonAnswer, plain } from './exchange.ts';
import { readFilter } from './filter.ts';
import { kubernetesAnswer, notAcceptable, textAnswer } from './kubernetes.ts';
import { LiveFeed } from './live.ts';
import { type Format, negotiate } from './negotiate.ts';
import type { FlagzOptions, Writable } from './options.ts';
import { PageTokens } from './page-token.ts';
import { Pages } from './pages.ts';
import { Recent } from './recent.ts';
import { Setting, type Verdict } from './setting.ts';
import { Temporary } from './temporary.ts';

const LONGEST_QUERY = 4096;

/** Stands on every answer: nothing is stored, framed, guessed at, or loaded from anywhere else. */
const HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store, no-transform',
  'content-security-policy':
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  // Not `no-referrer`: browsers would then hide the origin of our own form.
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/** Answers requests, of whichever kind of server. */
export class Endpoint<Request> {
  readonly #flags: FlagSet;
  readonly #recent: Recent;
  readonly #temporary: Temporary;
  readonly #attempts: Attempts;
  readonly #feed: LiveFeed;
  readonly #pages: Pages;
  readonly #setting: Setting<Request> | undefined;

  constructor(flags: FlagSet, { writable, signal }: FlagzOptions<Request>) {
    const tokens = new PageTokens();
    this.#flags = flags;
    this.#temporary = new Temporary((flag) => this.#touch(flag));
    this.#attempts = new Attempts((attempt) => {
      this.#touch(attempt.flag);
      tellAudit(writable, attempt);
    });
    this.#setting = writable && new Setting(flags, writable, tokens, this.#temporary, this.#attempts);
    this.#recent = new Recent(flags, () => [this.#attempts.count, this.#temporary.sweep()]);
    this.#pages = new Pages(() => this.#shown(), tokens);
    this.#feed = new LiveFeed(flags, this.#recent, () => this.#pages.picture());
    const stop = (): void => {
      this.#temporary.stop();
      this.#feed.stop();
    };
    if (signal?.aborted) stop();
    else signal?.addEventListener('abort', stop, { once: true });
  }

  /** Answers; whatever goes wrong is an answer, too. */
  async answer(ask: Ask, request: Request): Promise<Answer> {
    const answer = await this.#route(ask, request).catch((error: unknown) => failure(error));
    return { ...answer, headers: { ...HEADERS, ...answer.headers } };
  }

  async #route(ask: Ask, request: Request): Promise<Answer> {
    const { method } = ask;
    if (ask.query.length > LONGEST_QUERY) return plain(414, `the query is longer than ${LONGEST_QUERY} characters`);
    const query = new URLSearchParams(ask.query);
    if (method === 'POST' && this.#setting) return this.#post(this.#setting, ask, request);
    if (method !== 'GET' && method !== 'HEAD') {
      const allow = this.#setting ? 'GET, HEAD, POST' : 'GET, HEAD';
      const reason = method === 'POST' ? 'setting flags is off here (option writable)' : 'method not allowed';
      return plain(405, `${reason}; allowed: ${allow}`, { allow });
    }
    const asset = query.get('asset');
    if (asset !== null) return assetAnswer(asset);
    if (query.has('live')) return this.#live(ask, query);
    return this.#show(ask, query);
  }

  #show(ask: Ask, query: URLSearchParams): Answer {
    const accept = ask.header('accept') ?? '';
    const format = negotiate(accept, query.get('format'));
    if (!format) return notAcceptable(accept);
    // Weak: times may differ, nothing else. The position is taken first: what happens while the answer is made differs from it.
    const etag = this.#feed.listening ? `W/"${this.#feed.position}-${format}"` : undefined;
    const known = etag !== undefined && isKnown(ask.header('if-none-match') ?? '', etag);
    const answer: Answer = known ? { status: 304, headers: {}, body: '' } : this.#present(format, query);
    return { ...answer, headers: { ...answer.headers, ...(etag !== undefined && { etag }), vary: 'accept' } };
  }

  #present(format: Format, query: URLSearchParams): Answer {
    const filter = readFilter(query);
    switch (format) {
      case 'html':
        return this.#pages.page(filter, query, this.#feed.position);
      case 'json':
        return jsonAnswer(200, flagzDocument(this.#shown(), filter));
      case 'text':
        return textAnswer(this.#flags);
      default:
        return kubernetesAnswer(this.#flags, format);
    }
  }

  #live(ask: Ask, query: URLSearchParams): Answer {
    if (this.#feed.full) return plain(503, 'too many live pages', { 'retry-after': '30' });
    const position = ask.header('last-event-id') ?? query.get('live') ?? '';
    return {
      status: 200,
      headers: { 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' },
      body: ask.method === 'HEAD' ? '' : this.#feed.stream(position, readFilter(query), ask.gone),
    };
  }

  async #post(setting: Setting<Request>, ask: Ask, request: Request): Promise<Answer> {
    const verdict = await setting.handle(ask, request);
    const wantsPage = (ask.header('accept') ?? '').includes('html');
    return wantsPage ? this.#postedPage(verdict) : jsonAnswer(verdict.status, attemptDocument(verdict.attempt));
  }

  /** After a change the browser is sent to the flag, so that loading the page again does not change it again. */
  #postedPage({ status, attempt, text }: Verdict): Answer {
    if (attempt.outcome === 'accepted' && attempt.action !== 'check') {
      const query = new URLSearchParams({ flag: attempt.flag, said: String(attempt.id) });
      return plain(303, 'done', { location: `?${query.toString()}` });
    }
    return this.#pages.verdict(status, attempt, text, this.#feed.position);
  }

  #touch(flag: string): void {
    if (this.#flags.find(flag)) this.#recent.touch(flag);
    this.#feed.gather();
  }

  #shown(): Shown {
    return {
      flags: this.#flags,
      recent: this.#recent,
      temporary: this.#temporary,
      attempts: this.#attempts.list(),
      writable: this.#setting !== undefined,
    };
  }
}

/** Compares weakly, as a GET does: https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2. */
function isKnown(ifNoneMatch: string, etag: string): boolean {
  const opaque = (tag: string): string => tag.trim().replace(/^W\//, '');
  return ifNoneMatch.trim() === '*' || ifNoneMatch.split(',').some((tag) => opaque(tag) === opaque(etag));
}

/** The attempt is decided: a log that fails must not change that. */
function tellAudit<Request>(writable: Writable<Request> | undefined, attempt: Attempt): void {
  try {
    writable?.onAttempt?.(attempt);
  } catch {
    // There is nobody left to tell.
  }
}

/** What failed may quote a value: the reason stays inside, only the kind is told. */
function failure(error: unknown): Answer {
  if (error instanceof BodyError) return plain(error.status, error.message);
  return plain(500, 'the flags could not be shown: a flag type failed, or the request broke off');
}
