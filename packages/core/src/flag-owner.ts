import type { BatchRequest } from './batch.ts';
import type { BatchEngine } from './batch-engine.ts';
import { misdeclared } from './declaration.ts';
import { type FlagError, reasonOf } from './errors.ts';
import type { FlagOwner, SetOptions } from './flag.ts';
import type { FlagNode } from './flag-node.ts';
import type { Layer } from './layer.ts';
import { validate } from './read-value.ts';
import { showFlag } from './show-flag.ts';
import type { Validator } from './validators.ts';

/** Makes the flag set as its flags see it. */
export function flagOwner(engine: BatchEngine, process: Layer, set: string): FlagOwner {
  /** Writes to the highest layer of the process that holds the flag, so that a set inside an override ends with it. */
  function write(flag: FlagNode, text: string | undefined, { actor, dryRun = false }: SetOptions): void {
    const own = engine.layers.resolve(flag, ({ kind, held }) => (kind === 'process' ? held.get(flag) : undefined));
    const request: BatchRequest = {
      layer: own.layer ?? process,
      values: [[flag.name, text]],
      origin: actor === undefined ? undefined : { actor },
    };
    const { rejected } = dryRun ? engine.rehearse(request) : engine.apply(request);
    if (rejected[0]) throw rejected[0].error;
  }

  return {
    setText: write,
    reset: (flag, options) => write(flag, undefined, options),
    show: (flag) => showFlag(flag, engine),
    addValidator(flag, validator) {
      try {
        validate(flag, [validator], flag.defaultHeld);
      } catch (cause) {
        throw misdeclared(set, `the default is refused: ${reasonOf(cause)}`, cause);
      }
      flag.validators = [...flag.validators, validator];
      revokeRefused(engine, flag, validator);
    },
  };
}

/** Takes from the layers what a validator that came later refuses. */
function revokeRefused(engine: BatchEngine, flag: FlagNode, validator: Validator<unknown>): void {
  for (const layer of engine.layers) {
    const held = layer.held.get(flag);
    if (!held) continue;
    try {
      validate(flag, [validator], held);
    } catch (error) {
      engine.revoke(layer, flag, error as FlagError);
    }
  }
}
