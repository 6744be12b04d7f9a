/** Names a part of the testbed. */
export type Binary = 'kube-apiserver' | 'volume-writer' | 'etcd';

/** Says what to install where a binary can be neither found nor built. */
export function installHint(name: Binary): string;

/** Finds a binary: in the folder that `KUBEBUILDER_ASSETS` names, else in the cache of the user. */
export function findBinary(name: Binary): string | undefined;

/**
 * Finds a binary, or builds it into the cache of the user.
 *
 * @throws {Error} when it can be neither found nor built: the message says what to install.
 */
export function ensureBinary(name: Binary, options?: { readonly say?: (line: string) => void }): Promise<string>;

/** Gives the version of a part. */
export function versionOf(name: Binary): string;
