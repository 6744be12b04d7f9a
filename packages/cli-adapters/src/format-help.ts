import type { Flag, FlagSet } from '@flagz/core';
import { DYNAMIC_HEADING, STATIC_HEADING, describeFlag, optionTerm } from './describe-flag.ts';

const NARROWEST_DESCRIPTION = 20;

/** Configures {@link formatHelp}. */
export interface FormatHelpOptions {
  /** How many characters fit in a line. @default 80 */
  readonly width?: number;
}

/**
 * Writes the help of all flags, static ones first: term, usage, choices, default, deprecation. Sensitive defaults are `•••`.
 *
 * @returns lines without a line feed at the end; the empty text where there is no flag.
 */
export function formatHelp(flags: FlagSet, { width = 80 }: FormatHelpOptions = {}): string {
  const all = [...flags];
  const indent = 4 + Math.max(0, ...all.map((flag) => optionTerm(flag).length));
  const room = Math.max(NARROWEST_DESCRIPTION, width - indent);
  const section = (heading: string, members: readonly Flag<unknown>[]): readonly string[] => {
    const items = members.map((flag) => {
      const lines = wrap(describeFlag(flag), room).join(`\n${' '.repeat(indent)}`);
      return `  ${optionTerm(flag)}`.padEnd(indent) + lines;
    });
    return members.length === 0 ? [] : [[heading, ...items].join('\n')];
  };
  return [
    ...section(
      STATIC_HEADING,
      all.filter((flag) => !flag.dynamic),
    ),
    ...section(
      DYNAMIC_HEADING,
      all.filter((flag) => flag.dynamic),
    ),
  ].join('\n\n');
}

function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}
