import type { FlagInfo } from '@flagz/core';

/** Says which flags to show; what is missing does not filter. */
export interface Filter {
  readonly type: 'dynamic' | 'static' | undefined;
  readonly onlyChanged: boolean;
  readonly search: string;
  /** The one flag to show. */
  readonly name: string | undefined;
}

/** Reads the filters of a query: values that mean nothing do not filter. */
export function readFilter(query: URLSearchParams): Filter {
  const type = query.get('type');
  const changed = query.get('only_changed') ?? '';
  return {
    type: type === 'dynamic' || type === 'static' ? type : undefined,
    onlyChanged: !['', '0', 'false', 'no', 'off'].includes(changed.trim().toLowerCase()),
    search: (query.get('q') ?? '').trim().slice(0, 200),
    name: query.get('flag') ?? undefined,
  };
}

/** Writes filters as the query that gives them. */
export function writeFilter({ type, onlyChanged, search }: Pick<Filter, 'type' | 'onlyChanged' | 'search'>): string {
  const query = new URLSearchParams();
  if (type) query.set('type', type);
  if (onlyChanged) query.set('only_changed', 'true');
  if (search) query.set('q', search);
  return `?${query.toString()}`;
}

/** Tells whether a flag is to be shown. The search looks into name, usage, value and source, whatever the case. */
export function passes({ type, onlyChanged, search, name }: Filter, flag: FlagInfo): boolean {
  if (name !== undefined && flag.name !== name) return false;
  if (type && flag.dynamic !== (type === 'dynamic')) return false;
  if (onlyChanged && !flag.changed) return false;
  if (!search) return true;
  const wanted = search.toLowerCase();
  return [flag.name, flag.usage, flag.value, flag.source].some((text) => text.toLowerCase().includes(wanted));
}
