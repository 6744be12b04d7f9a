import type { Field, Type } from 'protobufjs';
import protojson from 'protobufjs/ext/protojson.js';

/** Says why a message refuses its ProtoJSON; nothing where it takes it, and can write it again. */
export function misfit(type: Type, value: unknown, lenient: boolean): string | undefined {
  try {
    protojson.toJson(type, protojson.fromJson(type, value, { ignoreUnknownFields: lenient }));
    return undefined;
  } catch (thrown) {
    return wordsOf(thrown);
  }
}

/** Says why a field refuses a value. */
export function misfitOf(field: Field, value: unknown, lenient: boolean): string | undefined {
  return misfit(field.parent as Type, { [field.name]: value }, lenient);
}

/** Gives what protobufjs says without what it quotes: types in the place of the way, and values. */
export function wordsOf(thrown: unknown): string {
  const words = /^(?:\.[\w.]+: |google\.protobuf\.\w+\.\w+: )?([^:"]+)/.exec((thrown as Error).message)?.[1];
  return words?.replace(/^google\.protobuf\.(\w+)/, '$1') ?? 'not readable';
}
