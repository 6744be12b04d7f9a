import type { BatchEngine } from './batch-engine.ts';
import { StaticFlagError, UnknownFlagError } from './errors.ts';
import { Layer } from './layer.ts';
import { checkText, formatValue } from './read-value.ts';

/**
 * Overrides flags in a layer of its own, so that overrides may end in any order.
 *
 * @throws {FlagError} when a flag is unknown or static, or a value is refused: nothing has changed then.
 */
export function overrideFlags(engine: BatchEngine, set: string, values: Readonly<Record<string, unknown>>): Disposable {
  const texts = Object.entries(values).map(([name, value]) => {
    const flag = engine.flags.get(name);
    if (!flag) throw new UnknownFlagError(set, name);
    if (!flag.dynamic) throw new StaticFlagError(name);
    const text = formatValue(flag, value);
    checkText(flag, text);
    return [name, text] as const;
  });
  const layer = new Layer('override', 'process');
  engine.layers.add(layer);
  const { rejected } = engine.apply({ layer, values: texts });
  const dispose = (): void => {
    engine.apply({ layer, values: [], replace: true });
    if (layer.held.size === 0) engine.layers.remove(layer);
  };
  if (rejected[0]) {
    dispose();
    throw rejected[0].error;
  }
  return { [Symbol.dispose]: dispose };
}
