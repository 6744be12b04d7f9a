import { SourceError } from '@flagz/core';
import { asRecord, shown } from './wire.ts';

/** Is what a line of a watch says. */
export type WatchEvent =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: unknown }
  | { readonly type: 'BOOKMARK' };

/** Reads a line of a watch. @throws {SourceError} when it says that something is wrong, or is not understood. */
export function readEvent(line: string): WatchEvent {
  const { type, object } = asRecord(parse(line));
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
      return { type, object };
    case 'BOOKMARK':
      return { type };
    case 'ERROR': {
      const { code, reason, message } = asRecord(object);
      throw new SourceError(`the API server ended the watch: ${shown(code)} ${shown(reason)}: ${shown(message)}`);
    }
    default:
      throw new SourceError(`the watch sent an event of unknown type ${JSON.stringify(shown(type).slice(0, 40))}`);
  }
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    // The line may hold values of sensitive flags: only its length is told.
    throw new SourceError(`the watch sent a line of ${line.length} characters that is not JSON`, {
      cause: withoutText(cause),
    });
  }
}

/** The parser's message quotes the text. */
function withoutText(cause: unknown): Error {
  return new SyntaxError(cause instanceof SyntaxError ? 'not JSON' : 'unreadable');
}
