import { SourceError } from '@flagz/core';
import { EtcdAuthenticationFailedError, EtcdPermissionDeniedError } from 'etcd3';
import { type Connection, isUserMissing } from './connection.ts';

/**
 * Says what went wrong, where, and what to do, for what etcd, gRPC or TLS said.
 *
 * @param right is what the user needs.
 */
export function describeError(
  error: unknown,
  { host, username }: Connection,
  prefix: string,
  right: 'read' | 'readwrite' = 'read',
): SourceError {
  const text = error instanceof Error ? error.message : String(error);
  const reason = text
    .replace(/^\w*:? ?\d+ [A-Z_]+: /, '')
    .replace(/\s+Resolution note:.*$/s, '')
    // Of what OpenSSL says, what is meant for people; the rest is where in its code.
    .replace(
      /(?:Error: )?[0-9A-F]+:error:[0-9A-F]+:SSL routines:[^:]*:([^:]+):[^:]*:\d+:(?:SSL alert number \d+)?\s*/s,
      'SSL: $1',
    );
  const fatal = { cause: error, fatalAtStart: true };
  const user = username === undefined ? 'the user' : `user "${username}"`;
  if (error instanceof EtcdAuthenticationFailedError) {
    return new SourceError(`etcd at ${host} refuses ${user}: wrong user name or password`, fatal);
  }
  if (isUserMissing(error)) {
    return new SourceError(`etcd at ${host} asks for a user and a password: set auth`, fatal);
  }
  if (isForbidden(error)) {
    const what = right === 'read' ? 'read' : 'write';
    const grant = `etcdctl role grant-permission ROLE ${right} --prefix=true ${prefix}`;
    return new SourceError(`etcd at ${host}: ${user} may not ${what} "${prefix}"; grant it: ${grant}`, fatal);
  }
  if (/certificate|self.signed|\bSSL\b|\bTLS\b|ERR_TLS|ERR_SSL|wrong version number/i.test(reason)) {
    return new SourceError(
      `TLS with etcd at ${host} failed: ${reason}; check credentials and the endpoint's name`,
      fatal,
    );
  }
  // What a server that waits for TLS does to whoever does not begin with it.
  const closed = !host.startsWith('https://') && /Failed to connect\b/.test(reason);
  const hint = closed ? '; where it speaks TLS, write https://' : '';
  return new SourceError(`etcd at ${host}: ${reason}${hint}`, { cause: error });
}

/** Tells whether a call was not answered in its time. Tells it by the text, as a proxy demands. */
export function isUnanswered(error: unknown): boolean {
  return /deadline.exceeded|no answer to /i.test(String(error));
}

/** Tells whether a call is refused for whose it is, nobody's too. Tells it by the text as well, as a proxy demands. */
export function isForbidden(error: unknown): boolean {
  return error instanceof EtcdPermissionDeniedError || /permission denied/.test(String(error)) || isUserMissing(error);
}
