import type { FlagType } from './flag-type.ts';
import { ofKind, refuse } from './refuse.ts';

/**
 * Reads text as it is: nothing is trimmed, so the empty text and white space are values.
 *
 * @example
 * const greeting = flags.dynamic('greeting', string, 'hello', 'What the service says first.');
 */
export const string: FlagType<string> = {
  name: 'string',
  parse: (text) => ofKind('string', text),
  format: (value) => ofKind('string', value),
};

/**
 * Reads `1 t T TRUE true True` and `0 f F FALSE false False`; writes `true` and `false`.
 *
 * The list is that of Go's {@link https://pkg.go.dev/strconv#ParseBool | strconv.ParseBool}.
 *
 * @example
 * const readOnly = flags.dynamic('read_only', boolean, false, 'Refuses all writes.');
 */
export const boolean: FlagType<boolean> = {
  name: 'boolean',
  parse(text) {
    const [, yes] =
      /^(?:(1|t|T|TRUE|true|True)|0|f|F|FALSE|false|False)$/.exec(text.trim()) ?? refuse('expected true or false');
    return yes !== undefined;
  },
  format: (value) => String(ofKind('boolean', value)),
};
