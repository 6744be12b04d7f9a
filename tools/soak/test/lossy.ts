import type { RawValue, Source, SourceSink } from '@flagz/core';

/** Is a change as a source reports it. */
type Change = readonly [key: string, value: RawValue | undefined];

/** Wraps a source: of the first batch that `matches`, one key's change is never passed on. */
export function losingOne(source: Source, key: string, matches: (changes: readonly Change[]) => boolean): Source {
  let lost = false;
  const pass = (changes: Iterable<Change>): readonly Change[] => {
    const all = [...changes];
    if (lost || !matches(all)) return all;
    lost = true;
    return all.filter(([name]) => name !== key);
  };
  return {
    ...described(source),
    watch: (sink, signal) =>
      source.watch(
        Object.assign(Object.create(sink) as SourceSink, {
          update: ((changes, ...rest) => sink.update(pass(changes), ...rest)) satisfies SourceSink['update'],
        }),
        signal,
      ),
  };
}

/** Takes over all but the work. */
function described({ name, kind, staleAfterMs, backoff }: Source): Omit<Source, 'watch'> {
  return {
    name,
    ...(kind && { kind }),
    ...(staleAfterMs !== undefined && { staleAfterMs }),
    ...(backoff && { backoff }),
  };
}
