const WATCHED = [Object, Array, Function, String, Number, Boolean, Error, Map, Set, Promise, Uint8Array];

/** Remembers what the prototypes hold that hostile input is after. */
export class Prototypes {
  readonly #known = WATCHED.map(({ name, prototype }) => {
    const object = prototype as object;
    return { name, object, members: new Map(Reflect.ownKeys(object).map((key) => [key, descriptor(object, key)])) };
  });

  /** Makes them what they were, and tells what was not: nothing, as a rule. */
  restore(): readonly string[] {
    const changes: string[] = [];
    for (const { name, object, members } of this.#known) {
      const keys = Reflect.ownKeys(object);
      for (const key of keys) {
        if (members.has(key)) continue;
        changes.push(`${name}.${String(key)} was added`);
        Reflect.deleteProperty(object, key);
      }
      for (const [key, before] of members) {
        const now = descriptor(object, key);
        if (now?.value === before?.value && now?.get === before?.get && now?.set === before?.set) continue;
        changes.push(`${name}.${String(key)} was ${now ? 'replaced' : 'removed'}`);
        Reflect.defineProperty(object, key, before ?? {});
      }
    }
    return changes;
  }
}

function descriptor(object: object, key: PropertyKey): PropertyDescriptor | undefined {
  return Reflect.getOwnPropertyDescriptor(object, key);
}
