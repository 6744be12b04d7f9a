import { type OutgoingHttpHeaders, validateHeaderValue } from 'node:http';
import { SourceError } from '@flagz/core';

/**
 * Gives headers as they are sent: a token without the white space around it, and none that is nothing else.
 *
 * @param token names the token, if there is one, and says what to do when no header takes it.
 * @throws {SourceError} for a value that no header takes, which it does not quote.
 */
export function readyHeaders(
  headers: OutgoingHttpHeaders,
  token: { readonly what: string; readonly todo: string },
): OutgoingHttpHeaders {
  const ready: OutgoingHttpHeaders = {};
  for (const [name, value] of Object.entries(headers)) {
    const isToken = name.toLowerCase() === 'authorization';
    const sent = isToken && typeof value === 'string' ? value.replace(/^Bearer\s+/, 'Bearer ').trim() : value;
    if (isToken && sent === 'Bearer') continue;
    try {
      for (const part of [sent].flat()) validateHeaderValue(name, part as string);
    } catch {
      const { what, todo } = isToken
        ? token
        : { what: `the header ${name} of the kubeconfig's user`, todo: 'write it otherwise' };
      throw new SourceError(`${what} has characters that no HTTP header takes; ${todo}`);
    }
    ready[name] = sent;
  }
  return ready;
}
