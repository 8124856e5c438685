import type { CniPlugin } from '../types.ts';
import { bandwidth } from './bandwidth.ts';
import { bridge } from './bridge.ts';
import { flannel } from './flannel.ts';
import { hostLocal } from './host-local.ts';
import { loopback } from './loopback.ts';
import { portmap } from './portmap.ts';
import { ptp } from './ptp.ts';

/** What an executable in /opt/cni/bin does, by the name of its program; `about` is what it says when it is typed by hand. */
export interface Plugin {
  main: CniPlugin;
  about: string;
}

const standard = (name: string, main: CniPlugin): [string, Plugin] => [`cni-${name}`, { main, about: `CNI ${name} plugin v1.1.1` }];

export const PLUGINS: Record<string, Plugin> = {
  ...Object.fromEntries([standard('loopback', loopback), standard('bridge', bridge), standard('ptp', ptp), standard('host-local', hostLocal), standard('portmap', portmap), standard('bandwidth', bandwidth)]),
  'cni-flannel': { main: flannel, about: 'CNI Plugin flannel version v1.2.0 (linux/amd64) commit 6464faacf5c00e25321573225d74638455ef03a0 built on 2023-08-03T14:01:12Z' },
};

/** One more plugin: of a CNI that only some worlds have. */
export function registerPlugins(plugins: Readonly<Record<string, Plugin>>): void {
  Object.assign(PLUGINS, plugins);
}
