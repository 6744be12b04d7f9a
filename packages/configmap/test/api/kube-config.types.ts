import type { KubeConfig as KubeConfig1 } from '@kubernetes/client-node';
import type { KubeConfig as KubeConfig2 } from '@kubernetes/client-node-2';
import { configMapApiSource } from '@flagz/configmap/api';

declare const one: KubeConfig1;
declare const two: KubeConfig2;
const at = { namespace: 'shop', name: 'flags' };

configMapApiSource({ ...at, kubeConfig: one });
configMapApiSource({ ...at, kubeConfig: two });
configMapApiSource({ ...at, kubeConfig: '/etc/kubeconfig' });

// @ts-expect-error the ConfigMap has to be named
configMapApiSource({ namespace: 'shop' });
// @ts-expect-error an empty object says nothing about a cluster
configMapApiSource({ ...at, kubeConfig: {} });
