import { readFileSync } from 'node:fs';
import { CORE_SCHEMA, mergeTag, load as parseYaml } from 'js-yaml';

/** Is one service of `compose.yaml`, as far as the tests ask. */
export interface Service {
  readonly image: string;
  readonly command?: string | readonly string[];
  readonly depends_on?: Readonly<Record<string, unknown>>;
  readonly ports?: readonly string[];
}

const text = readFileSync(new URL('../compose.yaml', import.meta.url), 'utf8');

// Merges, `<<`, are no part of YAML 1.2, but of what Compose reads.
const document = parseYaml(text, { schema: CORE_SCHEMA.withTags(mergeTag) });

export const services = (document as { readonly services: Readonly<Record<string, Service>> }).services;

/** Gives the words of a service's command. */
export function commandOf(name: string): readonly string[] {
  const { command = [] } = services[name] ?? {};
  return typeof command === 'string' ? command.split(' ') : command;
}
