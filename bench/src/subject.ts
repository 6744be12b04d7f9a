import type { Table } from './table.ts';

/** Is one question that the benchmarks answer. */
export interface Subject {
  /** Names it on the command line. */
  readonly name: string;
  readonly title: string;
  /**
   * Measures.
   *
   * @param effort is 1 for a full run; a test takes less, and its figures mean nothing.
   */
  measure(effort: number): Promise<Report>;
}

/** Is what a subject found. */
export interface Report {
  readonly table: Table;
  readonly goals: readonly Goal[];
}

/** Is a figure that the project set itself, and what was measured. */
export interface Goal {
  readonly what: string;
  readonly limit: number;
  readonly measured: number;
  /** Follows both figures. */
  readonly unit: string;
}
