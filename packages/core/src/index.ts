export { FlagSet, type FileFlag, type FlagSetOptions } from './flag-set.ts';
export { DynamicFlag, Flag, type FlagOptions, type SetOptions, type ValuesOf } from './flag.ts';
export type { FlagInfo, LayerInfo } from './show-flag.ts';
export type { FlagType, FlagTypeOfDefault } from './flag-type.ts';
export { boolean, string } from './text.ts';
export { int, int64 } from './integers.ts';
export { float64 } from './float64.ts';
export { duration } from './duration.ts';
export { stringSet, stringSlice } from './string-list.ts';
export { oneOf } from './one-of.ts';
export { json, type StandardSchema } from './json.ts';
export { inRange, matches, minLength, nonEmpty, type Validator } from './validators.ts';
export type { Notifier, NotifierOptions } from './notifiers.ts';
export { derive, type Derived } from './derived.ts';
export type { Snapshot } from './snapshot.ts';
export type { FlagChange, FlagEvent, FlagListener } from './events.ts';
export type {
  BatchOrigin,
  BatchOutcome,
  ChangeOrigin,
  DeclaredFlag,
  LayerKind,
  RawBytes,
  RawValue,
  Rejection,
  Rollback,
  RollbackOutcome,
  Source,
  SourceSink,
  WatcherState,
} from './source.ts';
export { Watcher } from './watcher.ts';
export type { WatchOptions, WatcherStatus } from './watch-options.ts';
export type { BackoffOptions } from './backoff.ts';
export {
  FlagError,
  type FlagErrorCode,
  ParseError,
  SourceError,
  type SourceErrorOptions,
  StaticFlagError,
  UnknownFlagError,
  ValidationError,
  type ValidationErrorOptions,
} from './errors.ts';
