// timeout: 180 s
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { assert } from '@flagz/test-runner';
import { CertificateAuthority, type Cluster } from '@flagz/testbed';
import { eventually } from '@flagz/testing';
import { describeOnCluster } from './cluster-suite.ts';
import { Shop } from './shop.ts';

/** A watch ends within this time, and the next one needs what the files hold then. */
const SHORT = { silenceTimeoutMs: 2_000 };
const PATIENT = { withinMs: 30_000 };

describeOnCluster('configMapApiSource: certificates that rotate', (it) => {
  it(
    'shows the client certificate that its file holds now',
    Shop.test(async (shop) => {
      const files = new Files(shop);
      files.writeClient(shop.cluster.authority);
      await shop.put({ rate: '20' });
      await shop.watch({ ...SHORT, kubeConfig: files.kubeConfig });
      files.writeClient(new CertificateAuthority('somebody else'));
      await eventually(() => shop.state === 'stale', PATIENT);
      assert.is(shop.rate.get(), 20);
      files.writeClient(shop.cluster.authority);
      await follows(shop, 30);
    }),
    { own: true },
  );

  it(
    'trusts the authorities that its file holds now',
    Shop.test(async (shop) => {
      const files = new Files(shop);
      const other = new CertificateAuthority('somebody else').certificate;
      files.writeClient(shop.cluster.authority);
      await shop.put({ rate: '20' });
      await shop.watch({ ...SHORT, kubeConfig: files.kubeConfig });
      files.writeAuthorities(other);
      await eventually(() => shop.state === 'stale' && /cannot be trusted/.test(shop.lastError), PATIENT);
      assert.is(shop.rate.get(), 20);
      files.writeAuthorities(other + shop.cluster.authority.certificate);
      await follows(shop, 30);
    }),
    { own: true },
  );
});

/** Are the files that a kubeconfig names, as what rotates certificates writes them. */
class Files {
  readonly kubeConfig: string;
  readonly #shop: Shop;

  constructor(shop: Shop) {
    this.#shop = shop;
    this.writeAuthorities(shop.cluster.authority.certificate);
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'test',
      clusters: [
        {
          name: 'test',
          cluster: { server: `https://127.0.0.1:${shop.proxy.port}`, 'certificate-authority': this.#path('ca.crt') },
        },
      ],
      users: [
        {
          name: 'test',
          user: { 'client-certificate': this.#path('client.crt'), 'client-key': this.#path('client.key') },
        },
      ],
      contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    };
    this.kubeConfig = this.#write('kubeconfig', JSON.stringify(config));
  }

  writeAuthorities(pem: string): void {
    this.#write('ca.crt', pem);
  }

  writeClient(authority: Cluster['authority']): void {
    const { certificate, key } = authority.issue({ commonName: 'admin', organization: 'system:masters' });
    this.#write('client.crt', certificate);
    this.#write('client.key', key);
  }

  #write(name: string, text: string): string {
    writeFileSync(this.#path(name), text);
    return this.#path(name);
  }

  #path(name: string): string {
    return join(this.#shop.cluster.folder, `${this.#shop.namespace.name}.${name}`);
  }
}

async function follows(shop: Shop, rate: number): Promise<void> {
  await shop.put({ rate: String(rate) });
  await eventually(() => shop.rate.get() === rate && shop.state === 'live', PATIENT);
}
