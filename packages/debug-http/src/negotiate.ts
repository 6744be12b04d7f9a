/** Is a form in which the flags can be had. `v1…` are versions of the document of Kubernetes. */
export type Format = 'html' | 'json' | 'text' | 'v1alpha1' | 'v1beta1';

/** Is one range of an `Accept` header, with its parameters. */
interface MediaRange {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly quality: number;
}

/** Bounds the work that a header can ask for. */
const MOST_RANGES = 50;

/**
 * Decides on the form of the answer.
 *
 * `?format=` decides where it is given. Else a page for whoever accepts HTML, as go-flagz does; the document of
 * Kubernetes where it is asked for by name (KEP-4828); JSON for the rest.
 *
 * @returns `undefined` where a Kubernetes document is asked for that does not exist: 406.
 */
export function negotiate(accept: string, format: string | null): Format | undefined {
  if (format === 'json' || format === 'html') return format;
  if (accept.includes('html')) return 'html';
  const ranges = parseAccept(accept);
  let unmet = false;
  for (const { type, parameters } of ranges) {
    if (parameters.has('as')) {
      const version = parameters.get('v');
      const known =
        type === 'application/json' && parameters.get('as') === 'Flagz' && parameters.get('g') === 'config.k8s.io';
      if (known && (version === 'v1alpha1' || version === 'v1beta1')) return version;
      unmet = true;
    } else if (type === 'text/plain') {
      return 'text';
    } else if (type === 'application/json' || type === '*/*' || type === 'application/*') {
      return 'json';
    }
  }
  return unmet ? undefined : 'json';
}

/** Reads an `Accept` header, the most wanted range first. */
function parseAccept(accept: string): MediaRange[] {
  return accept
    .split(',', MOST_RANGES)
    .map((range) => {
      const [type = '', ...rest] = range.split(';').map((part) => part.trim());
      const parameters = new Map(
        rest.map((parameter) => {
          const [name = '', value = ''] = parameter.split('=', 2);
          return [name.trim().toLowerCase(), value.trim().replaceAll('"', '')] as const;
        }),
      );
      const quality = Number(parameters.get('q') ?? 1);
      return { type: type.toLowerCase(), parameters, quality: Number.isNaN(quality) ? 1 : quality };
    })
    .filter(({ quality }) => quality > 0)
    .sort((left, right) => right.quality - left.quality);
}
