export { configMapMountSource, type ConfigMapMountOptions } from './config-map-mount-source.ts';
export { fileFlagSource, type FileFlagOptions } from './file-flag-source.ts';
