/** Describes a test that was skipped on purpose. */
export interface Skip {
  readonly title: string;
  readonly reason: string;
}

/** Holds uvu's figures of one suite. */
export interface SuiteTotals {
  readonly total: number;
  readonly passed: number;
  readonly skipped: number;
  /** True when the suite ended early and uvu kept the error to itself. */
  readonly swallowed: boolean;
}

/** Says what one test file ran. */
export interface Totals {
  readonly suites: readonly SuiteTotals[];
  /** Suites that appeared while others ran, and so were not counted. */
  readonly lateSuites: number;
  readonly skips: readonly Skip[];
  readonly onlys: readonly string[];
  /** Of the passed ones, how many on what, where suites say what they run on. */
  readonly on: Readonly<Record<string, number>>;
}

/** What the process of a test file tells the runner. */
export type ChildMessage =
  | { readonly kind: 'test'; readonly title: string }
  | { readonly kind: 'totals'; readonly totals: Totals }
  | { readonly kind: 'open'; readonly resources: readonly string[] };

/** What the runner asks the process of a test file. */
export interface ParentMessage {
  readonly kind: 'what-is-open';
}
