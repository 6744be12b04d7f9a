import type { ChildProcess } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { readFileSync } from 'node:fs';
import type { RequestOptions } from 'node:https';
import { SourceError } from '@flagz/core';
import { checkClientCertificate, unreadableFileOf } from './client-certificate.ts';
import { readyHeaders } from './headers.ts';
import { inTime } from './in-time.ts';
import { type KubeConfigLike, type KubeUser, pluginOf } from './kube-config.ts';
import { asRecord, asText } from './wire.ts';

/** How long an exec plugin may think, in milliseconds. */
const PLUGIN_TIMEOUT_MS = 30_000;
const LONGEST_REASON = 300;

/**
 * Asks client-node for TLS options and for the headers that say who asks.
 *
 * An exec plugin that is late, or not waited for any more, is ended.
 *
 * @throws {SourceError} with what to do; the signal's reason when it aborts.
 */
export async function credentialsOf(
  config: KubeConfigLike,
  signal: AbortSignal,
  timeoutMs: number = PLUGIN_TIMEOUT_MS,
): Promise<RequestOptions> {
  signal.throwIfAborted();
  const options: RequestOptions = { headers: {} };
  const user = config.getCurrentUser();
  const token = readToken(user);
  const { work, children } = withChildren(() => config.applyToHTTPSOptions(options));
  try {
    await inTime(work, timeoutMs, whatThinks(user), signal);
  } catch (cause) {
    for (const child of children) end(child);
    if (signal.aborted) throw cause;
    const unreadable = isOfFile(cause) ? unreadableFileOf(config) : undefined;
    throw unreadable === undefined ? refused(user, cause as Error) : new SourceError(unreadable, { cause });
  }
  const { certFile, keyFile } = asRecord(user);
  checkClientCertificate(options, isPrinted(options) ? startedFor(user) : undefined, Boolean(certFile ?? keyFile));
  const { auth } = options;
  const given = { ...(options.headers as object) };
  if (token !== undefined) Object.assign(given, { Authorization: `Bearer ${token}` });
  if (auth) Object.assign(given, { Authorization: `Basic ${Buffer.from(auth).toString('base64')}` });
  const headers = readyHeaders(given, tokenOf(user));
  const ready = { ...options, headers };
  if (isNobody(ready) && pluginOf(user)) throw refused(user, new NoCredentialError());
  return ready;
}

/** Tells whether options show no credentials at all. */
export function isNobody({ headers, cert, pfx }: RequestOptions): boolean {
  return Object.keys(headers ?? {}).every(isOfAnother) && !cert && !pfx;
}

/** Tells whether a file could not be read. */
function isOfFile(cause: unknown): boolean {
  const { syscall } = asRecord(cause);
  return syscall === 'open' || syscall === 'read';
}

/** Tells whether a client certificate comes from an exec plugin: client-node makes bytes of any other one. */
function isPrinted({ cert, key }: RequestOptions): boolean {
  return typeof cert === 'string' || typeof key === 'string';
}

/** Tells whether a header says only as whom somebody acts. */
function isOfAnother(header: string): boolean {
  return /^impersonate-/i.test(header);
}

/** Says what is waited for while credentials are got. */
export function whatThinks(user: KubeUser | null): string {
  return startedFor(user) ?? 'getting the credentials';
}

/** Names the file of the user's token, as a service account has one. */
export function tokenFileOf(user: KubeUser | null): string | undefined {
  return asText(asRecord(asRecord(user?.authProvider)['config'])['tokenFile']);
}

/** Names the token that a user shows, and says what to do about one that is no good. */
function tokenOf(user: KubeUser | null): { what: string; todo: string } {
  const path = tokenFileOf(user);
  if (path !== undefined) return { what: `the token in the file ${JSON.stringify(path)}`, todo: 'renew it' };
  const started = asRecord(user)['token'] ? undefined : startedFor(user);
  return started === undefined
    ? { what: "the token of the kubeconfig's user", todo: 'renew it' }
    : { what: `the token that ${started} printed`, todo: 'run it by hand' };
}

/** The official client keeps a service account's token for a minute, and its newline for ever. @throws {SourceError} when there is none. */
function readToken(user: KubeUser | null): string | undefined {
  const path = tokenFileOf(user);
  if (path === undefined) return undefined;
  const unfit = (what: string, options?: ErrorOptions): SourceError => {
    const todo = 'in a pod the kubelet puts it there, unless automountServiceAccountToken is false';
    return new SourceError(
      `the token file ${JSON.stringify(path)} ${what}: ${todo}; elsewhere name another tokenFile`,
      options,
    );
  };
  let token: string;
  try {
    token = readFileSync(path, 'utf8').trim();
  } catch (cause) {
    throw unfit(`cannot be read (${(cause as NodeJS.ErrnoException).code})`, { cause });
  }
  if (token === '') throw unfit('is empty');
  return token;
}

/** Names what is started for a user's credentials, and only by its command: its arguments may be secret. */
function startedFor(user: KubeUser | null): string | undefined {
  const command = asText(asRecord(pluginOf(user))['command']);
  if (command !== undefined) return `the exec plugin ${JSON.stringify(command)}`;
  // Some providers run one, too.
  const helper = asText(asRecord(asRecord(user?.authProvider)['config'])['cmd-path']);
  return helper === undefined ? undefined : `the command ${JSON.stringify(helper)} of the auth-provider`;
}

/** client-node hands out no plugin that it starts. It starts it before it waits for anything, so that Node tells of it here. */
function withChildren(start: () => Promise<void>): { work: Promise<void>; children: readonly ChildProcess[] } {
  const children: ChildProcess[] = [];
  const onChild = (message: unknown): void => {
    const { process: child } = message as { readonly process: ChildProcess };
    // client-node does not come to listen to one that Node could make no pipes for.
    child.on('error', () => {});
    children.push(child);
  };
  subscribe('child_process', onChild);
  try {
    return { work: start(), children };
  } finally {
    unsubscribe('child_process', onChild);
  }
}

/** Ends a child process, and lets go of its pipes, which its own children may hold on to. */
function end(child: ChildProcess): void {
  child.kill('SIGKILL');
  child.unref();
  for (const pipe of [child.stdin, child.stdout, child.stderr]) pipe?.destroy();
}

/** Says that an exec plugin has printed what is JSON and no credential. */
class NoCredentialError extends Error {}

/** Tells whether no credential was printed: client-node looks for fields in whatever it was. */
function isNoCredential(cause: Error): boolean {
  const fails = /reading '(?:clientCertificateData|expirationTimestamp)'/;
  return cause instanceof NoCredentialError || (cause instanceof TypeError && fails.test(cause.message));
}

/** Tells whether Node made no pipes for a command, as where too many files are open. */
function hasNoPipes(cause: Error): boolean {
  return cause instanceof TypeError && cause.message.includes("reading 'setEncoding'");
}

function refused(user: KubeUser | null, cause: Error): SourceError {
  const { code, syscall } = cause as NodeJS.ErrnoException;
  const started = syscall === 'open' ? undefined : startedFor(user);
  const todo = started === undefined ? '' : '; run it by hand';
  if (cause instanceof SourceError) return new SourceError(`${cause.message}${todo}`);
  const what = started === undefined ? 'no credentials' : `${started} gave no credentials`;
  const refusal = (reason: string, options?: ErrorOptions): SourceError =>
    new SourceError(`${what}: ${reason}${todo}`, options);
  // The parser's message quotes the text, which may be a credential.
  if (cause instanceof SyntaxError) return refusal('it printed what is not JSON');
  const reason = cause.message.trim().slice(0, LONGEST_REASON) || 'it failed without a word';
  if (started === undefined) return refusal(reason, { cause });
  // No cause from here on: the arguments may be in it.
  if (!pluginOf(user)) return refusal('it failed');
  if (isNoCredential(cause)) return refusal('it printed no credential');
  if (hasNoPipes(cause)) return refusal('it cannot be started; this process may have too many files open');
  // Node quotes what it does not take.
  if (code?.startsWith('ERR_INVALID_ARG')) return refusal('it cannot be started with its args and env');
  return refusal(reason);
}
