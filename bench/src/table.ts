/** Is a table of texts: the first column says what, the others are figures. */
export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Writes a table as Markdown, aligned, so that it reads well in a terminal too. */
export function formatTable({ head, rows }: Table): string {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => cell(row, column).length)));
  const line = (row: readonly string[]): string => {
    const cells = widths.map((width, column) =>
      column === 0 ? cell(row, column).padEnd(width) : cell(row, column).padStart(width),
    );
    return `| ${cells.join(' | ')} |`;
  };
  const rule = widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}

/** Writes a time in the unit that suits it. */
export function showTime(nanoseconds: number): string {
  const [size, unit] = [
    [1e9, 's'],
    [1e6, 'ms'],
    [1e3, 'µs'],
  ].find(([least]) => nanoseconds >= (least as number)) ?? [1, 'ns'];
  return `${showNumber(nanoseconds / (size as number))} ${unit}`;
}

/** Writes how many times the baseline something is. */
export function showRatio(ratio: number): string {
  return `${showNumber(ratio)} ×`;
}

/** Writes how many there are. */
export function showCount(count: number): string {
  return count.toLocaleString('en');
}

/** Writes three digits that count; whole numbers keep all of theirs. */
export function showNumber(value: number): string {
  return Math.abs(value) >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
}

function cell(row: readonly string[], column: number): string {
  return row[column] ?? '';
}
