import type { BatchEngine } from './batch-engine.ts';
import type { Flag, FlagInfo, LayerInfo } from './flag.ts';
import type { Held } from './layer.ts';
import { REDACTED } from './read-value.ts';
import type { Rejection } from './source.ts';

/** Shows a flag to people: sensitive texts are redacted here, for every page, log and metric alike. */
export function showFlag(flag: Flag<unknown>, engine: BatchEngine): FlagInfo {
  const show = (held: Held): string => (flag.sensitive ? REDACTED : held.text);
  const { defaultHeld, held, lastChange } = flag.node;
  const layers: LayerInfo[] = [];
  const rejections: Rejection[] = [];
  for (const layer of engine.layers) {
    const own = layer.held.get(flag);
    if (own) layers.push({ source: layer.name, value: show(own), revision: own.revision, time: own.time });
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
    source: flag.source,
    layers,
    restartNeeded: engine.restartNeeded(flag),
    lastChange,
    rejections,
  };
}
