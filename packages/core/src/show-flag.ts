import type { BatchEngine } from './batch-engine.ts';
import type { FlagChange } from './events.ts';
import type { FlagNode, Held } from './flag-node.ts';
import { REDACTED } from './read-value.ts';
import type { ChangeOrigin, Rejection } from './source.ts';

/** Shows one layer that holds a value for a flag. */
export interface LayerInfo {
  readonly source: string;
  readonly value: string;
  readonly revision: string | undefined;
  /** When the layer took the value, in milliseconds since the epoch. */
  readonly time: number;
  /** Who wrote it and when: the very object of the batch. Absent where nobody was named. */
  readonly origin?: ChangeOrigin;
}

/** Shows a flag to people: texts are canonical, sensitive ones are redacted. */
export interface FlagInfo {
  readonly name: string;
  readonly type: string;
  readonly usage: string;
  readonly dynamic: boolean;
  readonly sensitive: boolean;
  readonly deprecated: string | undefined;
  readonly value: string;
  readonly defaultValue: string;
  /** Tells whether the value differs from the default. */
  readonly changed: boolean;
  /** The layer that gives the value, `default` where none does. */
  readonly source: string;
  /** All layers that hold a value, bottom to top; the last one wins. */
  readonly layers: readonly LayerInfo[];
  /** Tells that a source holds another value of this static flag, which only a restart brings. */
  readonly restartNeeded: boolean;
  readonly lastChange: FlagChange | undefined;
  /** What is refused right now, by layer, bottom to top. */
  readonly rejections: readonly Rejection[];
}

/** Shows a flag to people: sensitive texts are redacted here, for every page, log and metric alike. */
export function showFlag(flag: FlagNode, engine: BatchEngine): FlagInfo {
  const show = (held: Held): string => (flag.sensitive ? REDACTED : held.text);
  const { defaultHeld, held, lastChange } = flag;
  const layers: LayerInfo[] = [];
  const rejections: Rejection[] = [];
  for (const layer of engine.layers) {
    const own = layer.held.get(flag);
    if (own) {
      const { revision, time, origin } = own;
      layers.push({ source: layer.name, value: show(own), revision, time, ...(origin && { origin }) });
    }
    const refused = layer.rejected.get(flag.name);
    if (refused) rejections.push(refused.rejection);
  }
  return {
    name: flag.name,
    type: flag.type.name,
    usage: flag.usage,
    dynamic: flag.dynamic,
    sensitive: flag.sensitive,
    deprecated: flag.deprecated,
    value: show(held),
    defaultValue: show(defaultHeld),
    changed: held.text !== defaultHeld.text,
    source: flag.layer?.name ?? 'default',
    layers,
    restartNeeded: flag.awaited !== undefined,
    lastChange: lastChange && Object.freeze(lastChange),
    rejections,
  };
}
