import { greeting, loud, mood, times } from './flags.ts';

/** Greets somebody as the flags say. */
export function greet(name: string): string {
  const line = `${greeting.get()}, ${name}${mood.get() === 'glad' ? '!' : '.'}`;
  const lines = Array.from({ length: times.get() }, () => (loud.get() ? line.toUpperCase() : line));
  return `${lines.join('\n')}\n`;
}
