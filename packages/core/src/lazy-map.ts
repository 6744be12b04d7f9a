/**
 * Is a map that takes up no more than a field until something is in it.
 *
 * Most layers refuse nothing and wait for nothing. To look into an empty map is to fetch it from memory, and a small batch
 * takes as long as what it fetches.
 */
export class LazyMap<K, V> {
  #entries: Map<K, V> | undefined;

  get size(): number {
    return this.#entries?.size ?? 0;
  }

  get(key: K): V | undefined {
    return this.#entries?.get(key);
  }

  has(key: K): boolean {
    return this.#entries?.has(key) ?? false;
  }

  set(key: K, value: V): void {
    this.#entries ??= new Map();
    this.#entries.set(key, value);
  }

  delete(key: K): void {
    this.#entries?.delete(key);
  }

  keys(): Iterable<K> {
    return this.#entries?.keys() ?? [];
  }

  values(): Iterable<V> {
    return this.#entries?.values() ?? [];
  }
}
