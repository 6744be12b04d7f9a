/** Is what {@link writeYaml} can write: maps of texts, numbers and maps. */
export interface YamlMap {
  readonly [key: string]: string | number | YamlMap;
}

/**
 * Matches texts that every reader of YAML takes for a text without quotes. YAML 1.1, which Kubernetes reads, takes words
 * like `on` for booleans.
 */
const WORD = /^(?!(?:y|yes|n|no|on|off|true|false|null)$)[a-z][\w./-]*$/i;

/** Matches what JSON lets stand in a string and YAML does not: control characters, line ends, non-characters. */
const UNPRINTABLE = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g;

/** Writes YAML of maps, which is all that documents here need. Half surrogate pairs become U+FFFD, as in UTF-8. */
export function writeYaml(map: YamlMap, indent = ''): string {
  return Object.entries(map)
    .map(([key, value]) => `${indent}${scalar(key)}:${written(value, indent)}\n`)
    .join('');
}

function written(value: string | number | YamlMap, indent: string): string {
  if (typeof value !== 'object') return ` ${scalar(value)}`;
  const inner = writeYaml(value, `${indent}  `);
  return inner === '' ? ' {}' : `\n${inner.slice(0, -1)}`;
}

/** A string of JSON is a double-quoted scalar of YAML, but for {@link UNPRINTABLE}. https://yaml.org/spec/1.2.2/#57-escaped-characters */
function scalar(value: string | number): string {
  if (typeof value === 'number' || WORD.test(value)) return String(value);
  return JSON.stringify(value.replaceAll(/\p{Cs}/gu, '\ufffd')).replaceAll(
    UNPRINTABLE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
