import type { IncomingMessage } from 'node:http';
import { SourceError } from '@flagz/core';
import { readBody } from './exchange.ts';
import { retryAfterMs } from './retry-after.ts';
import type { Timing } from './timing.ts';
import { asRecord, asText, shown } from './wire.ts';

/** Says that the API server does not know who asks: the credentials have expired, or never were any. */
export class UnknownAskerError extends SourceError {}

/** Says that the server has too much to do, and when to come back, in milliseconds from now. */
export class BusyError extends SourceError {
  readonly retryAfterMs: number;

  constructor(message: string, waitMs: number) {
    super(message);
    this.retryAfterMs = waitMs;
  }
}

/** Says in which circumstances an API server refuses. */
export interface Circumstances {
  /** Says that it has refused for a while: missing rights will not come by themselves, as those of a server that has just started do. */
  readonly lasting: boolean;
  /** Says that no credentials were sent. */
  readonly isNobody: boolean;
}

/** Is what an API server calls somebody whom it does not know, where it lets such people in. */
const ANONYMOUS = 'system:anonymous';
const NOTHING_SENT =
  "no credentials were sent: the kubeconfig's user has none that is understood (token, client certificate, exec, …, and tokenFile where the option kubeConfig is a path); give it some";

/** Makes an error of an answer that is no success: what, why, and what to do. */
export async function refusalOf(
  response: IncomingMessage,
  verb: string,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  timing: Timing,
  { lasting, isNobody }: Circumstances,
): Promise<SourceError> {
  const status = response.statusCode ?? 0;
  const says = await wordsOf(response, timing);
  const what = `ConfigMap ${JSON.stringify(name)} in namespace ${JSON.stringify(namespace)}`;
  const user = /User "([^"]+)"/.exec(says)?.[1] ?? 'this user';
  if (status === 401 || (status === 403 && user === ANONYMOUS)) {
    const todo = isNobody ? NOTHING_SENT : 'its token or certificate is unknown, expired or revoked; renew it';
    return new UnknownAskerError(`the API server does not know who asks to ${verb} ${what} (${status}): ${todo}`, {
      fatalAtStart: lasting,
    });
  }
  if (status === 403) {
    const role = `a Role with verbs ["get", "list", "watch"] on resources ["configmaps"], resourceNames [${JSON.stringify(name)}]`;
    const missing = `${lasting ? '' : 'if this lasts, '}what is missing is ${role}, and a RoleBinding of it`;
    return new SourceError(`${user} may not ${verb} ${what}: ${missing}; the API server says: ${says}`, {
      fatalAtStart: lasting,
    });
  }
  const refused = `the API server refuses to ${verb} ${what} with status ${status}: ${says}`;
  const waitMs = retryAfterMs(response);
  return waitMs > 0 ? new BusyError(refused, waitMs) : new SourceError(refused);
}

/** Gives the words of a Status; of anything else, which may hold values of sensitive flags, only what and how much it is. */
async function wordsOf(response: IncomingMessage, timing: Timing): Promise<string> {
  let body: Buffer;
  try {
    body = await readBody(response, timing);
  } catch (error) {
    return (error as Error).message;
  }
  const { kind, message, reason } = parsed(body);
  if (kind === 'Status') return shown(asText(message) ?? reason);
  const what = typeof kind === 'string' ? `a ${JSON.stringify(kind.slice(0, 40))}` : 'no Status';
  return `${body.length} bytes, which are ${what}`;
}

function parsed(body: Buffer): Readonly<Record<string, unknown>> {
  try {
    return asRecord(JSON.parse(body.toString()));
  } catch {
    return {};
  }
}
