import { readFile } from 'node:fs/promises';
import { dirname, sep } from 'node:path';
import { SourceError } from '@flagz/core';

/**
 * What the root of a mount looks like when it is one key, or folder, of one version of a volume: the kubelet names a
 * version by its time (`..2006_01_02_15_04_05.` and digits), and keeps what it binds by itself in `volume-subpaths`.
 * The kernel appends `//deleted` once the version is gone.
 */
const ONE_VERSION = /\/\.\.\d{4}_\d\d_\d\d_\d\d_\d\d_\d\d\.\d+(?:\/|$)|\/volume-subpaths\/[^/]+\/[^/]+\/\d+(?:\/|$)/;

/**
 * Warns of `subPath` mounts: Kubernetes binds the version of the day, and never updates it.
 * https://kubernetes.io/docs/concepts/storage/volumes/#using-subpath
 *
 * @param path is a directory or a file, without links.
 * @returns one warning for the mount that the path lies in, or for each that lies directly in it.
 */
export async function subPathWarnings(path: string): Promise<readonly SourceError[]> {
  // Other systems than Linux have neither this file nor such mounts.
  const mountInfo = await readFile('/proc/self/mountinfo', 'utf8').catch(() => '');
  return subPathMounts(mountInfo)
    .filter((mount) => mount === path || dirname(mount) === path || path.startsWith(mount + sep))
    .map(
      (mount) =>
        new SourceError(
          `${JSON.stringify(mount)} is a subPath mount, which Kubernetes never updates; mount the whole volume, without subPath, on a directory of its own`,
        ),
    );
}

/**
 * Finds the mount points of one version of a volume.
 *
 * @param mountInfo as in https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html: the fourth field is the root
 *   of the mount within its file system, the fifth the mount point; white space and backslashes are octal.
 */
export function subPathMounts(mountInfo: string): readonly string[] {
  return mountInfo.split('\n').flatMap((line) => {
    const [, , , root, mountPoint] = line.split(' ');
    return root !== undefined && mountPoint !== undefined && ONE_VERSION.test(unescape(root))
      ? [unescape(mountPoint)]
      : [];
  });
}

function unescape(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
