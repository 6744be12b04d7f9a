import { SourceError } from '@flagz/core';
import { EtcdAuthenticationFailedError, EtcdPermissionDeniedError } from 'etcd3';
import type { Connection } from './connection.ts';

/** Says what went wrong, where, and what to do, for what etcd, gRPC or TLS said. */
export function describeError(error: unknown, { host, username }: Connection, prefix: string): SourceError {
  const text = error instanceof Error ? error.message : String(error);
  const reason = text.replace(/^\w*:? ?\d+ [A-Z_]+: /, '').replace(/\s+Resolution note:.*$/s, '');
  const fatal = { cause: error, fatalAtStart: true };
  const user = username === undefined ? 'the user' : `user "${username}"`;
  if (error instanceof EtcdAuthenticationFailedError) {
    return new SourceError(`etcd at ${host} refuses ${user}: wrong user name or password`, fatal);
  }
  if (/user name is empty/.test(reason)) {
    return new SourceError(`etcd at ${host} asks for a user and a password: set auth`, fatal);
  }
  if (error instanceof EtcdPermissionDeniedError || /permission denied/.test(reason)) {
    const grant = `etcdctl role grant-permission ROLE read --prefix=true ${prefix}`;
    return new SourceError(`etcd at ${host}: ${user} may not read "${prefix}"; grant it: ${grant}`, fatal);
  }
  if (/certificate|self.signed|\bSSL\b|\bTLS\b|ERR_TLS|ERR_SSL|wrong version number/i.test(reason)) {
    return new SourceError(
      `TLS with etcd at ${host} failed: ${reason}; check credentials and the endpoint's name`,
      fatal,
    );
  }
  return new SourceError(`etcd at ${host}: ${reason}`, { cause: error });
}
