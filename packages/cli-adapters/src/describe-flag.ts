import type { Flag } from '@flagz/core';
import { isBoolean } from './option-names.ts';

const LONGEST_DEFAULT = 60;

/** Heads the flags that are fixed once the program has started. */
export const STATIC_HEADING = 'Static flags:';

/** Heads the flags that operators change while the program runs. */
export const DYNAMIC_HEADING = 'Dynamic flags:';

/** Shows how the flag is given: `--rate <int>`, `--[no-]read_only`. */
export function optionTerm(flag: Flag<unknown>): string {
  return isBoolean(flag) ? `--[no-]${flag.name}` : `--${flag.name} <${typeLabel(flag)}>`;
}

/** Names the type for people: the values of a `oneOf` are listed elsewhere. */
export function typeLabel(flag: Flag<unknown>): string {
  return choicesOf(flag) ? 'choice' : flag.type.name;
}

/** Lists the values of a type that knows them all. */
export function choicesOf({ type }: Flag<unknown>): readonly string[] | undefined {
  return 'choices' in type && Array.isArray(type.choices) ? type.choices.map(String) : undefined;
}

/** Shows the default: quoted where it is free text, cut where it is long, hidden where the flag is sensitive. */
export function defaultText(flag: Flag<unknown>): string {
  const text = flag.info().defaultValue;
  if (flag.sensitive) return text;
  const shown = text.length <= LONGEST_DEFAULT ? text : `${text.slice(0, LONGEST_DEFAULT)}…`;
  return text === '' || flag.type.name === 'string' || choicesOf(flag) ? JSON.stringify(shown) : shown;
}

/** Describes the flag in one line: usage, then what else is to know. */
export function describeFlag(flag: Flag<unknown>, remark?: string): string {
  const facts = remark === undefined ? [] : [remark];
  const choices = choicesOf(flag);
  if (choices) facts.push(`choices: ${choices.map((choice) => JSON.stringify(choice)).join(', ')}`);
  facts.push(`default: ${defaultText(flag)}`);
  if (flag.deprecated !== undefined) facts.push(flag.deprecated ? `deprecated: ${flag.deprecated}` : 'deprecated');
  return `${flag.usage} (${facts.join(', ')})`;
}
