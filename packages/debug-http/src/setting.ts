import { DynamicFlag, type FlagSet, duration } from '@flagz/core';
import type { Attempt, AttemptAction, Attempts } from './attempts.ts';
import { type Ask, BodyError } from './exchange.ts';
import type { Writable } from './options.ts';
import type { PageTokens } from './page-token.ts';
import type { Temporary } from './temporary.ts';

const MOST_BYTES = 4 * 1024 * 1024;
const LONGEST_TTL_MS = 7 * 24 * 60 * 60 * 1000;
const LONGEST_TEXT = 200;
const NOT_AUTHORIZED = 'not authorized';

/** Is what a body asks for. */
interface Order {
  readonly flag: string;
  readonly action: AttemptAction;
  readonly value: string | undefined;
  readonly ttlMs: number | undefined;
}

/** Tells what became of a POST. */
export interface Verdict {
  readonly status: number;
  readonly attempt: Attempt;
  /** The text as it was sent, for the form to show again. */
  readonly text: string | undefined;
}

/** Sets flags for callers that are allowed to. */
export class Setting<Request> {
  readonly attempts: Attempts;
  readonly #flags: FlagSet;
  readonly #writable: Writable<Request>;
  readonly #tokens: PageTokens;
  readonly #temporary: Temporary;

  constructor(
    flags: FlagSet,
    writable: Writable<Request>,
    tokens: PageTokens,
    temporary: Temporary,
    attempts: Attempts,
  ) {
    this.#flags = flags;
    this.#writable = writable;
    this.#tokens = tokens;
    this.#temporary = temporary;
    this.attempts = attempts;
  }

  /**
   * Does what a POST asks for, if it may. Whatever becomes of it is on record.
   *
   * @throws {BodyError} when the body says nothing that could be done.
   */
  async handle(ask: Ask, request: Request): Promise<Verdict> {
    let fields: ReadonlyMap<string, string> = new Map();
    let token: string | undefined;
    let order: Order;
    try {
      const form = isForm(ask);
      const body = await ask.readBody(MOST_BYTES);
      fields = form ? readForm(body) : readJson(body);
      if (form) token = fields.get('token') ?? '';
      order = readOrder(fields);
    } catch (error) {
      throw await this.#misread(ask, request, fields.get('flag') ?? '', error);
    }
    return this.#attempt(ask, request, order, token);
  }

  /** Puts on record that somebody sent what cannot be read; gives what to answer. */
  async #misread(ask: Ask, request: Request, name: string, error: unknown): Promise<BodyError> {
    const why = error instanceof BodyError ? error : new BodyError(400, 'the body broke off');
    const attempt = this.attempts.begin({ action: 'unknown', flag: cut(name), text: undefined, ttlMs: undefined });
    const actor = await this.#actor(request, attempt);
    const denied = foreignReason(ask) ?? (actor === undefined ? NOT_AUTHORIZED : undefined);
    const outcome = denied === undefined ? 'refused' : 'denied';
    this.attempts.decide(attempt, { outcome, actor, reason: denied ?? why.message });
    return denied === undefined ? why : new BodyError(403, denied);
  }

  async #attempt(ask: Ask, request: Request, order: Order, token: string | undefined): Promise<Verdict> {
    const flag = this.#flags.find(order.flag);
    const text = order.value !== undefined && flag?.sensitive ? '•••' : order.value;
    const { action, ttlMs } = order;
    const whole = this.attempts.begin({ action, flag: cut(order.flag), text, ttlMs });
    const attempt = text === undefined ? whole : { ...whole, text: cut(text) };
    const actor = await this.#actor(request, whole);
    const decide = (status: number, outcome: Attempt['outcome'], reason?: string): Verdict => ({
      status,
      attempt: this.attempts.decide(attempt, { outcome, actor, reason }),
      text: flag?.sensitive ? undefined : order.value,
    });
    const foreign = foreignReason(ask) ?? (token === undefined ? undefined : this.#tokenReason(token, order.flag));
    if (foreign) return decide(403, 'denied', foreign);
    if (actor === undefined) return decide(403, 'denied', NOT_AUTHORIZED);
    if (!flag) return decide(404, 'refused', `no flag ${JSON.stringify(cut(order.flag))}`);
    if (!(flag instanceof DynamicFlag)) {
      return decide(409, 'refused', `flag "${flag.name}": is static; a restart is needed to change it`);
    }
    try {
      this.#act(flag, order, actor);
    } catch (error) {
      return decide(422, 'refused', error instanceof Error ? error.message : String(error));
    }
    return decide(200, 'accepted');
  }

  #act(flag: DynamicFlag<unknown>, { action, value, ttlMs }: Order, actor: string): void {
    if (action === 'reset') {
      flag.reset({ actor });
      this.#temporary.forget(flag.name);
      return;
    }
    flag.setText(value ?? '', { actor, dryRun: action === 'check' });
    if (action === 'set') this.#temporary.keep(flag, ttlMs, actor);
  }

  async #actor(request: Request, attempt: Attempt): Promise<string | undefined> {
    try {
      const actor = await this.#writable.authorize(request, attempt);
      return typeof actor === 'string' && actor !== '' ? actor : undefined;
    } catch {
      return undefined;
    }
  }

  #tokenReason(token: string, flag: string): string | undefined {
    return this.#tokens.holds(token, flag)
      ? undefined
      : 'the form is too old, or of another process: load the page again';
  }
}

/** Says why a request comes from a page of somebody else. Programs that are no browser send neither header. */
function foreignReason(ask: Ask): string | undefined {
  const site = ask.header('sec-fetch-site');
  if (site !== undefined) return site === 'same-origin' ? undefined : `sent by a page of another origin (${cut(site)})`;
  const origin = ask.header('origin');
  if (origin === undefined) return undefined;
  const host = ask.header('host') ?? '';
  if (URL.canParse(origin) && new URL(origin).host === host) return undefined;
  return `sent by a page of another origin: ${cut(origin)} is not ${cut(host)}`;
}

/** @throws {BodyError} when it is neither a form nor JSON: another type could be sent by any page. */
function isForm(ask: Ask): boolean {
  const type = (ask.header('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase();
  if (type === 'application/x-www-form-urlencoded') return true;
  if (type === 'application/json') return false;
  throw new BodyError(415, 'the body must be application/json or application/x-www-form-urlencoded');
}

function readOrder(fields: ReadonlyMap<string, string>): Order {
  const action = fields.get('action') ?? 'set';
  if (action !== 'set' && action !== 'reset' && action !== 'check') {
    throw new BodyError(400, `action must be set, check or reset, got ${JSON.stringify(cut(action))}`);
  }
  const flag = fields.get('flag');
  if (!flag) throw new BodyError(400, 'flag is missing: name the flag to set');
  const value = action === 'reset' ? undefined : fields.get('value');
  if (action !== 'reset' && value === undefined) throw new BodyError(400, 'value is missing: give the text to set');
  const ttl = action === 'set' ? fields.get('ttl') : undefined;
  return { flag, action, value, ttlMs: ttl ? readTtl(ttl) : undefined };
}

/** Browsers send each line break of a text field as CR LF. */
function readForm(body: string): Map<string, string> {
  return new Map(Array.from(new URLSearchParams(body), ([name, value]) => [name, value.replaceAll('\r\n', '\n')]));
}

function readJson(body: string): Map<string, string> {
  let fields: unknown;
  try {
    fields = JSON.parse(body);
  } catch {
    throw new BodyError(400, 'the body is no JSON');
  }
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) {
    throw new BodyError(400, 'the body must be a JSON object with flag, value, and where wanted action and ttl');
  }
  const entries = Object.entries(fields as Readonly<Record<string, unknown>>);
  const wrong = entries.find(([, value]) => typeof value !== 'string');
  if (wrong)
    throw new BodyError(400, `${JSON.stringify(cut(wrong[0]))} must be a string: values are sent as their text`);
  return new Map(entries as [string, string][]);
}

function readTtl(text: string): number {
  try {
    const ms = duration.parse(text);
    if (ms >= 1000 && ms <= LONGEST_TTL_MS) return ms;
  } catch {
    // The same answer for all that is wrong with it.
  }
  throw new BodyError(400, `ttl must be a duration from 1s to 7d, got ${JSON.stringify(cut(text))}`);
}

function cut(text: string): string {
  if (text.length <= LONGEST_TEXT) return text;
  // Through JSON, which copies: V8's slices keep the whole text that they were cut from in memory.
  const start = JSON.parse(JSON.stringify(text.slice(0, LONGEST_TEXT))) as string;
  return `${start}… (${text.length} characters)`;
}
