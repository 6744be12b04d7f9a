import type { FlagSet } from '@flagz/core';
import { type Answer, jsonAnswer, plain } from './exchange.ts';
import { type KubernetesFormat, wantsYaml } from './negotiate.ts';
import { type YamlMap, writeYaml } from './yaml.ts';

/** Lists what can be asked for by name, as a refusal says it. */
const KNOWN =
  'application/json or application/yaml, either with ;as=Flagz;v=v1beta1;g=config.k8s.io or v=v1alpha1; application/json, text/plain, text/html';

/**
 * Answers as a component of Kubernetes does, so that the tools of a cluster can read it.
 *
 * See https://github.com/kubernetes/enhancements/tree/master/keps/sig-instrumentation/4828-component-flagz.
 */
export function kubernetesAnswer(flags: FlagSet, format: KubernetesFormat): Answer {
  const version = format.endsWith('v1alpha1') ? 'v1alpha1' : 'v1beta1';
  const document = {
    kind: 'Flagz',
    apiVersion: `config.k8s.io/${version}`,
    metadata: { name: flags.name },
    flags: Object.fromEntries(values(flags)),
  };
  const parameters = `g=config.k8s.io;v=${version};as=Flagz`;
  // Kubernetes says this of the older version, too.
  const warning = version === 'v1alpha1' ? { warning: '299 - "v1alpha1 of flagz is deprecated, ask for v1beta1"' } : {};
  return written(200, document, format.startsWith('yaml'), parameters, warning);
}

/** Answers as text, a line a flag. What controls or formats text is written as escapes, so that no value looks like another, or like a flag. */
export function textAnswer(flags: FlagSet): Answer {
  const lines = values(flags).map(
    ([name, value]) => `${name}=${value.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, escapeControl)}`,
  );
  const head = [
    `${flags.name} flagz`,
    'Warning: for people to read; this text has no stable format, ask for JSON instead.',
  ];
  return plain(200, ['', ...head, ...lines].join('\n'));
}

/** Says that the document that was asked for by name does not exist, in the words of the Kubernetes API. */
export function notAcceptable(accept: string): Answer {
  const status = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: `no such document; there are ${KNOWN}`,
    reason: 'NotAcceptable',
    code: 406,
  };
  return written(406, status, wantsYaml(accept));
}

function written(
  status: number,
  document: YamlMap,
  yaml: boolean,
  parameters = '',
  headers: Readonly<Record<string, string>> = {},
): Answer {
  const type = [yaml ? 'application/yaml' : 'application/json', parameters].filter(Boolean).join(';');
  const all = { 'content-type': type, ...headers };
  return yaml ? { status, headers: all, body: writeYaml(document) } : jsonAnswer(status, document, all);
}

function values(flags: FlagSet): [name: string, value: string][] {
  return Array.from(flags, (flag) => [flag.name, flag.info().value]);
}

function escapeControl(character: string): string {
  const short: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };
  const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index));
  return short[character] ?? units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
}
