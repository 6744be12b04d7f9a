/** Is a line of the table in which a soak ends. */
export type Row = readonly [what: string, figure: string | number];

/** Counts things by their names. */
export class Counts {
  readonly #counts = new Map<string, number>();

  add(what: string, times = 1): void {
    this.#counts.set(what, this.of(what) + times);
  }

  of(what: string): number {
    return this.#counts.get(what) ?? 0;
  }

  /** Sums up the counts whose names begin with a text. */
  sum(start: string): number {
    return this.rows().reduce((sum, [what, times]) => (what.startsWith(start) ? sum + times : sum), 0);
  }

  /** Lists the counts by name. */
  rows(): (readonly [string, number])[] {
    return [...this.#counts].toSorted(([left], [right]) => left.localeCompare(right));
  }
}

/** Writes a table in Markdown: a column for each soak, a line for whatever one of them counted. */
export function tableOf(columns: Readonly<Record<string, readonly Row[]>>): string {
  const names = [...new Set(Object.values(columns).flatMap((rows) => rows.map(([what]) => what)))];
  const figures = Object.values(columns).map((rows) => new Map(rows));
  const lines = names.map((what) => [what, ...figures.map((column) => column.get(what) ?? 0)]);
  const titles = Object.keys(columns);
  return [['what', ...titles], ['---', ...titles.map(() => '---:')], ...lines]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}
