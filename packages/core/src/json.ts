import type { FlagType, FlagTypeOfDefault } from './flag-type.ts';
import { refuse } from './refuse.ts';

/** Bounds the recursion of `format` and of schemas, so that hostile text cannot exhaust the stack. */
const MAX_DEPTH = 256;

/**
 * Is the part of {@link https://standardschema.dev | Standard Schema} v1 that a flag needs; zod, valibot, arktype and
 * others have it.
 */
export interface StandardSchema<Output = unknown> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
  };
}

type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] };

interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/**
 * Makes a flag type of JSON values, deeply frozen.
 *
 * With a schema the value is what the schema makes of the text: it fills in defaults, and refuses unknown keys where it
 * is strict. It has to answer at once, and to accept its own output, for a value that is set goes through text:
 * `z.coerce.date()` does, `z.string().transform(Number)` does not. Its messages become the reasons of a refusal as they
 * are, `limits.rate: Expected number`; some libraries quote the refused value in them.
 *
 * Without a schema the kind of the default (object, array, string, number, boolean) is all that is asked of a text, and
 * TypeScript's word for the rest is not checked. `null` is refused; where the default is `null`, any JSON is taken.
 *
 * Writes compact JSON with the keys in the order of their UTF-16 code units, as
 * {@link https://www.rfc-editor.org/rfc/rfc8785 | RFC 8785} does. Nesting is limited to 256 levels.
 *
 * @example
 * const limits = flags.dynamic('limits', json(z.strictObject({ rate: z.number() })), { rate: 10 }, 'Limits.');
 * const labels = flags.dynamic('labels', json(), { team: 'checkout' }, 'Labels of the metrics.');
 */
export function json(): FlagTypeOfDefault;
export function json<Output>(schema: StandardSchema<Output>): FlagType<Output>;
export function json<Output>(schema?: StandardSchema<Output>): FlagType<Output> | FlagTypeOfDefault {
  if (schema) return jsonType((value) => validated(schema, value));
  return {
    forDefault<T>(example: T): FlagType<T> {
      const expected = kindOf(example);
      return jsonType((value) => {
        if (expected !== 'null' && kindOf(value) !== expected) refuse(`expected ${expected}`);
        return value as T;
      });
    },
  };
}

function jsonType<T>(check: (value: unknown) => T): FlagType<T> {
  return {
    name: 'json',
    parse(text) {
      const value = parseJson(text);
      // Before any schema recurses into it.
      formatJson(value, 0);
      return deepFreeze(check(value));
    },
    format: (value) => formatJson(value, 0),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.trim());
  } catch (error) {
    // The message itself may quote the text; where V8 gives the position, it stands last.
    const [, position] = / at position (\d+)(?: \(line \d+ column \d+\))?$/.exec((error as Error).message) ?? [];
    return refuse(
      `not valid JSON${position === undefined ? '' : ` (position ${Number(position) + text.search(/\S/)})`}`,
    );
  }
}

function validated<Output>(schema: StandardSchema<Output>, value: unknown): Output {
  const result = schema['~standard'].validate(value);
  if ('then' in result) {
    result.then(undefined, () => {});
    throw new Error('asynchronous schemas are not supported');
  }
  return result.issues ? refuse(result.issues.map(showIssue).join('; ')) : result.value;
}

function showIssue({ path = [], message }: StandardIssue): string {
  const keys = path.map((segment) => String(typeof segment === 'object' ? segment.key : segment));
  return keys.length === 0 ? message : `${keys.join('.')}: ${message}`;
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** Needs no recursion: the set grows while it is iterated, and lists what occurs twice once. */
function deepFreeze<T>(root: T): T {
  const found = new Set<unknown>([root]);
  for (const item of found) {
    if (typeof item === 'object' && item !== null)
      for (const child of Object.values(Object.freeze(item))) found.add(child);
  }
  return root;
}

/**
 * Differs from JSON.stringify in that it sorts, integer keys too, and throws where that would write `null` or `{}`
 * instead of the value: NaN, the Infinity that JSON.parse makes of `1e999`, a Map, a hole in an array.
 */
function formatJson(value: unknown, depth: number): string {
  if (depth > MAX_DEPTH) refuse(`nested deeper than ${MAX_DEPTH} levels`);
  const write = (item: unknown): string => formatJson(item, depth + 1);
  if (Array.isArray(value)) return `[${Array.from(value, write).join()}]`;
  if (typeof value === 'object' && value !== null && !(Symbol.iterator in value)) {
    const { toJSON } = value as { readonly toJSON?: unknown };
    if (typeof toJSON === 'function') return write(Reflect.apply(toJSON, value, []));
    const members = Object.entries(value).filter(([, member]) => member !== undefined);
    members.sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${write(member)}`).join()}}`;
  }
  if (typeof value === 'string' || typeof value === 'boolean' || value === null || Number.isFinite(value))
    return JSON.stringify(value);
  return refuse('expected what JSON can hold, with numbers in the range of float64');
}
