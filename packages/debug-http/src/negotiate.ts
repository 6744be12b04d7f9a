/** Is a form in which the flags can be had. */
export type Format = 'html' | 'json' | 'text' | KubernetesFormat;

/** Is a form of the document of Kubernetes: how it is written, and its version. */
export type KubernetesFormat = `${'json' | 'yaml'}-${'v1alpha1' | 'v1beta1'}`;

/** Is one range of an `Accept` header, with its parameters. */
interface MediaRange {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly quality: number;
}

/** Bounds the work that a header can ask for. */
const MOST_RANGES = 50;

/** By these an API server of Kubernetes takes a range to mean a document of its own, or a stream of them. */
const NAMING = ['as', 'g', 'v', 'sv', 'stream'];

/**
 * Decides on the form of the answer.
 *
 * `?format=` decides where it is given. Else a page for whoever accepts HTML, as go-flagz does; the document of
 * Kubernetes where it is asked for by name (KEP-4828), by the rules of its API server; JSON for the rest.
 *
 * @returns `undefined` where a Kubernetes document is asked for that does not exist: 406.
 */
export function negotiate(accept: string, format: string | null): Format | undefined {
  if (format === 'json' || format === 'html') return format;
  const ranges = parseAccept(accept);
  if (accept.includes('html') && !ranges.some(({ parameters }) => parameters.has('as'))) return 'html';
  let unmet = false;
  for (const range of ranges) {
    const found = formatOf(range);
    if (found) return found;
    unmet ||= range.type === 'application/yaml' || isNamed(range);
  }
  return unmet ? undefined : 'json';
}

/** Tells whether a refusal is to be YAML: a client asks for it without saying of what. */
export function wantsYaml(accept: string): boolean {
  return parseAccept(accept).some((range) => range.type === 'application/yaml' && !isNamed(range));
}

function formatOf(range: MediaRange): Format | undefined {
  const named = isNamed(range);
  switch (range.type) {
    case 'application/json':
    case 'application/*':
    case '*/*':
      return named ? kubernetesFormat('json', range) : 'json';
    case 'application/yaml':
      return named ? kubernetesFormat('yaml', range) : undefined;
    case 'text/plain':
    case 'text/*':
      return named ? undefined : 'text';
    default:
      return range.type.includes('html') && !named ? 'html' : undefined;
  }
}

function kubernetesFormat(writing: 'json' | 'yaml', { parameters }: MediaRange): KubernetesFormat | undefined {
  const version = parameters.get('v');
  if (parameters.get('as') !== 'Flagz' || parameters.get('g') !== 'config.k8s.io') return undefined;
  if (parameters.has('sv') || parameters.has('stream')) return undefined;
  return version === 'v1alpha1' || version === 'v1beta1' ? `${writing}-${version}` : undefined;
}

function isNamed({ type, parameters }: MediaRange): boolean {
  // Browsers say `application/signed-exchange;v=b3`, which is none of Kubernetes' documents.
  const ours = /^(application\/(json|yaml|\*)|text\/(plain|\*)|\*\/\*)$/.test(type);
  return ours ? NAMING.some((name) => parameters.has(name)) : parameters.has('as');
}

/** Reads an `Accept` header: the most wanted range first, among equals the one that says more. */
function parseAccept(accept: string): MediaRange[] {
  return accept
    .split(',', MOST_RANGES)
    .map((range) => {
      const [type = '', ...rest] = range.split(';').map((part) => part.trim());
      const parameters = new Map(rest.map(parseParameter).filter(([, value]) => value !== ''));
      const quality = Number(parameters.get('q') ?? 1);
      return {
        type: type === '*' ? '*/*' : type.toLowerCase(),
        parameters,
        quality: Number.isNaN(quality) ? 1 : quality,
      };
    })
    .filter(({ quality }) => quality > 0)
    .sort((left, right) => right.quality - left.quality || wildcards(left) - wildcards(right));
}

function parseParameter(parameter: string): [name: string, value: string] {
  const [name = '', value = ''] = parameter.split('=', 2);
  return [name.trim().toLowerCase(), value.trim().replaceAll('"', '')];
}

function wildcards({ type }: MediaRange): number {
  return type.split('*').length;
}
