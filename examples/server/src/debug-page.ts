import type { IncomingMessage } from 'node:http';
import { type FlagzHandler, flagzHandler } from '@flagz/debug-http';
import type { EventsLog } from './events-log.ts';
import { debugWritable, flags } from './flags.ts';

/** Makes the handler of `/debug/flagz`; with the flag `debug_writable`, this machine may set values there. */
export function debugPage(log: EventsLog, signal: AbortSignal): FlagzHandler {
  if (!debugWritable.get()) return flagzHandler(flags, { signal });
  return flagzHandler(flags, {
    signal,
    writable: { authorize: whoOnThisMachine, onAttempt: (attempt) => log.attempt(attempt) },
  });
}

/** The name is asked for as well as the address: a foreign page can have a name of its own point to this machine. */
function whoOnThisMachine({ socket, headers }: IncomingMessage): string | false {
  const local = /^(?:::ffff:)?127\.|^::1$/.test(socket.remoteAddress ?? '');
  const called = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/.test(headers.host ?? '');
  return local && called && 'this machine';
}
