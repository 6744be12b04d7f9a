// @types/yargs describes 17 and 18 alike, under the one name.
declare module 'yargs-17' {
  export { default } from 'yargs';
}
