import type { Goal, Report, Subject } from './subject.ts';
import { formatTable, showNumber } from './table.ts';

/** Writes a report as Markdown: title, table, goals. */
export function showReport({ title }: Subject, { table, goals }: Report): string {
  const lines = [`### ${title}`, '', formatTable(table)];
  if (goals.length > 0) lines.push('', ...goals.map(showGoal));
  return lines.join('\n');
}

/** Says whether a goal is met. */
export function showGoal({ what, limit, measured, unit }: Goal): string {
  const verdict = measured <= limit ? 'met' : '**missed**';
  return `- ${what}: ${showNumber(measured)}${unit}, goal ≤ ${limit.toLocaleString('en')}${unit}: ${verdict}`;
}
