import { load as parseYaml } from 'js-yaml';

/** Is what a component of Kubernetes answers, as far as a client can notice it. */
export interface ComponentAnswer {
  readonly status: number;
  readonly type: string;
  /** Whether it says that the version is deprecated: code and agent, without the words. */
  readonly warning: string | undefined;
  readonly body: string;
}

/** What each version of Kubernetes, and each process of it, picks one of; the text form is for people. */
const SEPARATORS = [': ', ':', '=', ' '];

/** Tells an answer without what two components differ in: their name, their flags, the words of messages. */
export function outlineOf({ status, type, warning, body }: ComponentAnswer): object {
  const agent = warning && /^(\d{3} \S+) ".+"$/.exec(warning)?.[1];
  return { status, type, warning: agent, document: outlineOfBody(type, body) };
}

function outlineOfBody(type: string, body: string): unknown {
  if (type.startsWith('application/json')) return outlineOfDocument(JSON.parse(body));
  if (type.startsWith('application/yaml')) return outlineOfDocument(parseYaml(body));
  return outlineOfText(body);
}

function outlineOfDocument(document: unknown): object {
  const { flags, metadata, message, ...rest } = document as Readonly<Record<string, unknown>>;
  return {
    ...rest,
    metadata: Object.entries(metadata as object).map(([key, value]) => [key, typeof value]),
    ...(message === undefined ? {} : { message: typeof message }),
    ...(flags === undefined
      ? {}
      : { flags: [...new Set(Object.values(flags as object).map((value) => typeof value))] }),
  };
}

/** An empty line, the name, a warning, then the flags: the same separator in each line, names sorted. */
function outlineOfText(body: string): object {
  const [empty, title, warning, ...lines] = body.split('\n');
  const last = lines.pop();
  const names = SEPARATORS.map((separator) =>
    lines.map((line) => line.split(separator, 1)[0] ?? '').filter((name) => /^[\w.-]+$/.test(name)),
  ).find((found) => found.length === lines.length);
  return {
    empty,
    title: /^\S+ (flagz)$/.exec(title ?? '')?.[1],
    warning: warning?.split(' ', 1)[0],
    areFlags: lines.length > 0 && names !== undefined,
    areSorted: names?.join() === names?.toSorted().join(),
    last,
  };
}
