/** Misuses that the compiler has to catch: each line under an expectation fails to compile. */
import { type ConfigMapMountOptions, configMapMountSource, fileFlagSource } from '@flagz/configmap';
import { FlagSet, type Source } from '@flagz/core';

const flags = new FlagSet('types');
const options: ConfigMapMountOptions = { name: 'mount', rescanMs: 5_000 };

const mount: Source = configMapMountSource('/etc/flagz', options);
const files: Source = fileFlagSource(flags);
void [mount, files];

// @ts-expect-error a directory is needed
configMapMountSource();
// @ts-expect-error units are in the name
configMapMountSource('/etc/flagz', { rescan: 5_000 });
// @ts-expect-error milliseconds are a number
configMapMountSource('/etc/flagz', { rescanMs: '5s' });
// @ts-expect-error the flags whose files are followed, not a directory
fileFlagSource('/etc/flagz');
// @ts-expect-error leave it out, instead of handing undefined over
fileFlagSource(flags, { name: undefined });
