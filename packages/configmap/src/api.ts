export { configMapApiSource, type ConfigMapApiOptions } from './api/config-map-api-source.ts';
export type { KubeCluster, KubeConfigLike, KubeUser } from './api/kube-config.ts';
