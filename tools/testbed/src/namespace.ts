import { randomBytes } from 'node:crypto';
import type { ApiClient, ApiObject } from './api-client.ts';
import { removeNamespaceWithUs } from './namespace-guard.ts';

/** Is what a ConfigMap holds. */
export interface ConfigMapContent {
  readonly data?: Readonly<Record<string, string>>;
  /** Base64. */
  readonly binaryData?: Readonly<Record<string, string>>;
  readonly immutable?: boolean;
}

/** Is the API's word for what a role allows: one rule. */
export interface RoleRule {
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

/** Is a namespace of one test, with what tests make in it. */
export class Namespace {
  readonly name: string = `flagz-${randomBytes(4).toString('hex')}`;
  readonly #api: ApiClient;
  #isRemoved: (() => void) | undefined;

  constructor(api: ApiClient) {
    this.#api = api;
  }

  /** Creates the namespace; in the user's cluster it is removed when this process ends, if not before. */
  async create(): Promise<this> {
    this.#isRemoved = removeNamespaceWithUs(this.name);
    await this.#api.send('POST', '/api/v1/namespaces', { metadata: { name: this.name } });
    return this;
  }

  /** Removes the namespace with all that is in it. */
  async remove(): Promise<void> {
    const { status } = await this.#api.ask('DELETE', `/api/v1/namespaces/${this.name}`);
    if (status < 300 || status === 404) this.#isRemoved?.();
  }

  /** Writes a ConfigMap as a field manager would: creates it, or replaces what it holds. */
  async putConfigMap(name: string, content: ConfigMapContent, manager = 'testbed'): Promise<ApiObject> {
    const query = `fieldManager=${encodeURIComponent(manager)}`;
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, ...content };
    const replaced = await this.#api.ask<ApiObject>('PUT', `${this.#configMap(name)}?${query}`, body);
    if (replaced.status < 300) return replaced.body;
    if (replaced.status !== 404) throw new Error(`PUT ${name}: ${replaced.status} ${JSON.stringify(replaced.body)}`);
    return this.#api.send('POST', `${this.#path('configmaps')}?${query}`, body);
  }

  /** Changes keys of a ConfigMap as a field manager would; `null` removes one. */
  patchConfigMap(name: string, data: Readonly<Record<string, string | null>>, manager = 'testbed'): Promise<ApiObject> {
    const path = `${this.#configMap(name)}?fieldManager=${encodeURIComponent(manager)}`;
    return this.#api.send('PATCH', path, { data }, 'application/merge-patch+json');
  }

  /** Reads a ConfigMap. */
  configMap(name: string): Promise<ApiObject> {
    return this.#api.send('GET', this.#configMap(name));
  }

  /** Watches a ConfigMap that is there, with nothing but `node:https`; as {@link ApiClient.watch}. */
  watchConfigMap(name: string, told: (object: ApiObject) => void): ReturnType<ApiClient['watch']> {
    return this.#api.watch(`${this.#path('configmaps')}?fieldSelector=metadata.name%3D${name}&watch=1`, told);
  }

  /** Deletes a ConfigMap. */
  async removeConfigMap(name: string): Promise<void> {
    await this.#api.send('DELETE', this.#configMap(name));
  }

  /** Creates a service account; gives its uid. */
  async createServiceAccount(name: string): Promise<string> {
    const { metadata } = await this.#api.send('POST', this.#path('serviceaccounts'), { metadata: { name } });
    return metadata.uid ?? '';
  }

  /** Asks the API server for a token of a service account. */
  async token(serviceAccount: string): Promise<string> {
    const path = `${this.#path('serviceaccounts')}/${serviceAccount}/token`;
    const { status } = await this.#api.send<{ status: { token: string } }>('POST', path, { spec: {} });
    return status.token;
  }

  /** Allows a service account what the rule says on ConfigMaps. */
  async grant(serviceAccount: string, { verbs, resourceNames }: RoleRule): Promise<void> {
    const rules = [{ apiGroups: [''], resources: ['configmaps'], verbs, ...(resourceNames && { resourceNames }) }];
    await this.#api.send('POST', this.#rbac('roles'), { metadata: { name: serviceAccount }, rules });
    await this.bind(serviceAccount, { kind: 'ServiceAccount', name: serviceAccount, namespace: this.name });
  }

  /** Binds a subject to the role of that name. */
  async bind(role: string, subject: Readonly<Record<string, string>>): Promise<void> {
    await this.#api.send('POST', this.#rbac('rolebindings'), {
      metadata: { name: role },
      subjects: [subject],
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: role },
    });
  }

  /** Takes away what {@link Namespace.grant} gave. */
  async revoke(serviceAccount: string): Promise<void> {
    await this.#api.send('DELETE', `${this.#rbac('rolebindings')}/${serviceAccount}`);
    await this.#api.send('DELETE', `${this.#rbac('roles')}/${serviceAccount}`);
  }

  #configMap(name: string): string {
    return `${this.#path('configmaps')}/${name}`;
  }

  #path(resource: string): string {
    return `/api/v1/namespaces/${this.name}/${resource}`;
  }

  #rbac(resource: string): string {
    return `/apis/rbac.authorization.k8s.io/v1/namespaces/${this.name}/${resource}`;
  }
}
