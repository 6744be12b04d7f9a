import { assert, describe } from '@flagz/test-runner';
import { subPathMounts } from '../src/sub-path.ts';

const POD = '/var/lib/kubelet/pods/5b6b7a8c-6e0c-4d0e-9f7a-0d1c2b3a4f5e';

/** Lines of /proc/self/mountinfo as containers have them. */
const lines = {
  overlay: '1018 853 0:194 / / rw,relatime master:311 - overlay overlay rw,lowerdir=/l1:/l2,upperdir=/u,workdir=/w',
  proc: '1019 1018 0:198 / /proc rw,nosuid,nodev,noexec,relatime - proc proc rw',
  hosts: `1029 1018 259:1 ${POD}/etc-hosts /etc/hosts rw,noatime - xfs /dev/nvme0n1p1 rw,attr2`,
  volume: `1030 1018 259:1 ${POD}/volumes/kubernetes.io~configmap/config /etc/flagz ro,noatime - xfs /dev/nvme0n1p1 rw,attr2`,
  token: '1031 1018 0:187 / /run/secrets/kubernetes.io/serviceaccount ro,relatime - tmpfs tmpfs rw,size=524288k',
  key: `1032 1018 259:1 ${POD}/volumes/kubernetes.io~configmap/config/..2024_05_06_07_08_09.2418370512/rate /etc/flagz/rate ro,noatime - xfs /dev/nvme0n1p1 rw,attr2`,
  secret:
    '1033 1018 0:188 /..2024_05_06_07_08_09.123456789/token /etc/app/token ro,relatime - tmpfs tmpfs rw,size=131072k',
  deleted: `1034 1018 259:1 ${POD}/volumes/kubernetes.io~configmap/config/..2024_05_06_07_08_09.7/limits//deleted /etc/limits ro - ext4 /dev/sda1 rw`,
  folder: '1035 1018 0:189 /..2024_05_06_07_08_09.42/sub /etc/sub ro,relatime - tmpfs tmpfs rw',
  spaces: '1036 1018 0:190 /..2024_05_06_07_08_09.43/a\\040b /etc/my\\040flags/a\\040b ro,relatime - tmpfs tmpfs rw',
  subPaths: `1037 1018 0:53 ${POD}/volume-subpaths/config/app/0 /etc/app.conf ro,relatime - fuse fuse rw`,
  emptyDir: `1038 1018 259:1 ${POD}/volumes/kubernetes.io~empty-dir/tmp/sub /scratch rw - ext4 /dev/sda1 rw`,
};

describe('subPathMounts()', (it) => {
  it('finds mounts of one version of a volume, whatever holds the volume', () => {
    assert.equal(subPathMounts(Object.values(lines).join('\n')), [
      '/etc/flagz/rate',
      '/etc/app/token',
      '/etc/limits',
      '/etc/sub',
      '/etc/my flags/a b',
      '/etc/app.conf',
    ]);
  });

  it('finds none in whole volumes, other mounts, and rubbish', () => {
    const { overlay, proc, hosts, volume, token, emptyDir } = lines;
    assert.equal(
      subPathMounts([overlay, proc, hosts, volume, token, emptyDir, '', 'rubbish', '1 2 3 4'].join('\n')),
      [],
    );
  });
});
