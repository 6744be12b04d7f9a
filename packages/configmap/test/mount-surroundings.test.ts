// timeout: 300 s
import { mkdirSync, writeFileSync } from 'node:fs';
import { assert, describe } from '@flagz/test-runner';
import { eventually } from '@flagz/testing';
import { type Mount, describeOnVolumes } from './each-volume.ts';
import { tempDir } from './temp-dir.ts';
import { watchInNamespace, whyNot } from './watching-child.ts';

describe('configMapMountSource() where the system refuses to watch', (it) => {
  const namespaces = ['--user', '--map-root-user'];
  const setUp = 'echo 0 > /proc/sys/user/max_inotify_watches';
  const reason = whyNot(namespaces, setUp);
  const test = (title: string, run: () => Promise<void>): void =>
    reason === undefined ? it(title, run) : it.skip(title, `needs a user namespace: ${reason}`, run);

  test('looks every second instead, says so once, and says what to do', async () => {
    using temp = tempDir();
    writeFileSync(temp.join('rate'), '2');
    const child = watchInNamespace({ namespaces, setUp, dir: temp.path });
    await eventually(() => child.said.some(({ started }) => started === 2), { withinMs: 20_000 });
    await eventually(() => child.said.some(({ error }) => String(error).includes('cannot be watched')));
    writeFileSync(temp.join('rate'), '3');
    await eventually(() => child.said.some(({ rate }) => rate === '3'));
    assert.is(await child.end(), 0);
    const errors = child.said.filter(({ error }) => error !== undefined);
    assert.is(errors.length, 1);
    assert.match(
      String(errors[0]?.['error']),
      new RegExp(
        `"${temp.path}" cannot be watched, so it is looked at every second: ENOSPC: System limit for number of file watchers reached; raise the sysctl fs.inotify.max_user_watches`,
      ),
    );
  });
});

describeOnVolumes('configMapMountSource() on a subPath mount', (it, mount) => {
  // As root in a mount namespace alone; else with a user namespace around it.
  const namespaces = process.getuid?.() === 0 ? ['--mount'] : ['--user', '--map-root-user', '--mount'];
  const probe = tempDir();
  const reason = whyNot(
    namespaces,
    `mkdir ${probe.join('a')} ${probe.join('b')}; mount --bind ${probe.join('a')} ${probe.join('b')}`,
  );
  probe[Symbol.dispose]();
  const test = (title: string, run: () => Promise<void>): void =>
    reason === undefined ? it(title, run) : it.skip(title, `needs bind mounts: ${reason}`, run);

  test('fails the start with what to do, for a single key', async () => {
    using temp = tempDir();
    const { volume, dir } = await mountable(temp, mount);
    const setUp = `touch ${dir}/rate; mount --bind ${volume.dir}/${volume.revision}/rate ${dir}/rate`;
    const child = watchInNamespace({ namespaces, setUp, dir });
    await eventually(() => child.said.length > 0, { withinMs: 20_000 });
    assert.is(await child.end(), 0);
    const failed = `source "mount ${dir}": "${dir}/rate" is a subPath mount, which Kubernetes never updates; mount the whole volume, without subPath, on a directory of its own`;
    assert.equal(child.said.at(-1), { failed, rate: 2 });
  });

  test('fails the start for a folder, and after the version is gone too', async () => {
    using temp = tempDir();
    const { volume, dir } = await mountable(temp, mount);
    const setUp = `mount --bind ${volume.dir}/${volume.revision} ${dir}; rm -r ${volume.dir}/..2*`;
    const child = watchInNamespace({ namespaces, setUp, dir });
    await eventually(() => child.said.length > 0, { withinMs: 20_000 });
    assert.is(await child.end(), 0);
    assert.match(String(child.said.at(-1)?.['failed']), `"${dir}" is a subPath mount, which Kubernetes never updates`);
  });

  test('gives the values where it is not required, and says so', async () => {
    using temp = tempDir();
    const { volume, dir } = await mountable(temp, mount);
    const setUp = `touch ${dir}/rate; mount --bind ${volume.dir}/${volume.revision}/rate ${dir}/rate`;
    const child = watchInNamespace({ namespaces, setUp, dir, args: ['not-required'] });
    const isSaid = ({ state, error }: Readonly<Record<string, unknown>>): boolean =>
      state === 'live' && String(error).includes('is a subPath mount');
    await eventually(() => child.said.some(isSaid), { withinMs: 20_000 });
    assert.ok(child.said.some(({ rate }) => rate === '2'));
    assert.is(await child.end(), 0);
  });
});

async function mountable(temp: ReturnType<typeof tempDir>, mount: Mount) {
  mkdirSync(temp.join('etc'));
  return { volume: await mount(temp.join('cfg'), { rate: '2' }), dir: temp.join('etc') };
}
