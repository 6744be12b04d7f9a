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
 * Writes compact JSON with the keys in the order of their UTF-16 code units (as {@link https://www.rfc-editor.org/rfc/rfc8785 | RFC 8785}).
 * Nesting is limited to 256 levels.
 *
 * @example
 * const limits = flags.dynamic('limits', json(z.strictObject({ rate: z.number() })), { rate: 10 }, 'Limits of the service.');
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
      walk(value, () => {});
      const checked = check(value);
      walk(checked, Object.freeze);
      return checked;
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
    return refuse(`not valid JSON${position === undefined ? '' : ` (position ${Number(position) + text.search(/\S/)})`}`);
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

/** Visits all objects level by level, never by recursion, and refuses what `format` could not write. */
function walk(root: unknown, visit: (item: object) => void): void {
  let level = [root];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) refuse(`nested deeper than ${MAX_DEPTH} levels`);
    const below: unknown[] = [];
    for (const item of level) {
      // JSON.parse reads 1e999 as Infinity.
      if (typeof item === 'number' && !Number.isFinite(item)) refuse('a number is out of range');
      if (typeof item !== 'object' || item === null) continue;
      visit(item);
      for (const child of Object.values(item)) below.push(child);
    }
    level = below;
  }
}

/** Differs from JSON.stringify in that it sorts, integer keys too, and throws where that would write `null` or `{}` instead. */
function formatJson(value: unknown, depth: number): string {
  if (depth > MAX_DEPTH) refuse(`nested deeper than ${MAX_DEPTH} levels`);
  const next = depth + 1;
  if (typeof value === 'object' && value !== null) {
    if (Array.isArray(value)) return `[${Array.from(value, (item) => formatJson(item, next)).join()}]`;
    const { toJSON } = value as { toJSON?: unknown };
    if (typeof toJSON === 'function') return formatJson(toJSON.call(value), next);
    if (!(Symbol.iterator in value)) {
      const members = Object.entries(value).filter(([, member]) => member !== undefined);
      const sorted = members.sort(([a], [b]) => (a < b ? -1 : 1));
      return `{${sorted.map(([key, member]) => `${JSON.stringify(key)}:${formatJson(member, next)}`).join()}}`;
    }
  } else if (typeof value === 'string' || typeof value === 'boolean' || value === null || Number.isFinite(value)) {
    return JSON.stringify(value);
  }
  return refuse('expected what JSON can hold');
}
