import convict from 'convict';
import { TypedInMemoryProvider, OpenFeature } from '@openfeature/server-sdk';

/** Is what reads a number by its name. */
export interface Peer<Answer> {
  get(name: string): Answer;
  close?(): Promise<void>;
}

/** Sets up {@link https://github.com/mozilla/node-convict | convict} with a schema of integers. */
export function convictPeer(names: readonly string[]): Peer<number> {
  const config = convict<Record<string, number>>(
    Object.fromEntries(names.map((name, index) => [name, { doc: name, format: 'int', default: index }])),
  );
  config.validate({ allowed: 'strict' });
  return { get: (name) => config.get(name) };
}

/** Sets up {@link https://github.com/node-config/node-config | node-config}, which reads its values when it is imported. */
export async function nodeConfigPeer(names: readonly string[]): Promise<Peer<number>> {
  process.env['NODE_CONFIG'] = JSON.stringify(Object.fromEntries(names.map((name, index) => [name, index])));
  process.env['SUPPRESS_NO_CONFIG_WARNING'] = 'true';
  const { default: config } = await import('config');
  return { get: (name) => config.get(name) };
}

/** Sets up {@link https://openfeature.dev | OpenFeature} with the provider that its SDK brings: its answers are promises. */
export async function openFeaturePeer(names: readonly string[]): Promise<Peer<Promise<number>>> {
  const flags = Object.fromEntries(
    names.map((name, index) => [name, { variants: { on: index }, defaultVariant: 'on', disabled: false }] as const),
  );
  await OpenFeature.setProviderAndWait(new TypedInMemoryProvider(flags));
  const client = OpenFeature.getClient();
  return { get: (name) => client.getNumberValue(name, -1), close: () => OpenFeature.close() };
}
