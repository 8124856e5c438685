import { fromBase64, readCertificate } from '../../kubernetes/runtime/pki.ts';
import type { Process } from '../../linux/process.ts';
import {  } from './cluster.ts';
import { Refused } from './refused.ts';

const DIR = '/etc/kubernetes/pki', DAY = 86_400_000_000;
const LEAVES: [name: string, authority: string][] = [['admin.conf', 'ca'], ['apiserver', 'ca'], ['apiserver-etcd-client', 'etcd-ca'], ['apiserver-kubelet-client', 'ca'], ['controller-manager.conf', 'ca'], ['etcd-healthcheck-client', 'etcd-ca'], ['etcd-peer', 'etcd-ca'], ['etcd-server', 'etcd-ca'], ['front-proxy-client', 'front-proxy-ca'], ['scheduler.conf', 'ca']];

/** kubeadm certs check-expiration: of the certificates below /etc/kubernetes. */
export async function certs(p: Process, [verb]: string[]): Promise<number> {
  if (verb !== 'check-expiration') throw new Refused(verb === undefined ? 'missing subcommand; "certs" is not meant to be run on its own' : `unknown command ${JSON.stringify(verb)} for "kubeadm certs"`);
  const pem = (name: string) => {
    if (name.endsWith('.conf')) {
      const path = `/etc/kubernetes/${name}`;
      return p.fs.exists(path) ? fromBase64(/client-certificate-data: (\S+)/.exec(p.fs.readFile(path))?.[1] ?? '') : undefined;
    }
    const path = `${DIR}/${name.replace(/^etcd-/, 'etcd/')}.crt`;
    return p.fs.exists(path) ? p.fs.readFile(path) : undefined;
  };
  const row = (name: string): [expires: string, left: string] | undefined => {
    const text = pem(name), found = text === undefined ? undefined : readCertificate(text);
    if (!found) return undefined;
    const iso = new Date((found.notAfter ?? p.now) / 1000), days = Math.floor(((found.notAfter ?? p.now) - p.now) / DAY);
    const date = `${'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')[iso.getUTCMonth()]} ${String(iso.getUTCDate()).padStart(2, '0')}, ${iso.getUTCFullYear()} ${iso.toISOString().slice(11, 16)} UTC`;
    return [date, days > 3650 ? `${Math.floor(days / 365)}y` : days > 730 ? `${Math.floor(days / 365)}y` : `${days}d`];
  };
  const pad = (cells: string[], widths: number[]) => `${cells.map((c, i) => c.padEnd(widths[i]!)).join('   ')}\n`;
  await p.out('[check-expiration] Reading configuration from the cluster...\n[check-expiration] FYI: You can look at this config file with \'kubectl -n kube-system get cm kubeadm-config -o yaml\'\n\n');
  const leaf = [26, 22, 15, 23, 18], ca = [23, 22, 15, 18];
  let out = pad(['CERTIFICATE', 'EXPIRES', 'RESIDUAL TIME', 'CERTIFICATE AUTHORITY', 'EXTERNALLY MANAGED'], leaf);
  for (const [name, authority] of LEAVES) {
    const found = row(name);
    out += found ? pad([name, found[0], found[1], authority, 'no'], leaf) : pad([`!MISSING! ${name}`, '', '', '', ''], leaf);
  }
  out += `\n${pad(['CERTIFICATE AUTHORITY', 'EXPIRES', 'RESIDUAL TIME', 'EXTERNALLY MANAGED'], ca)}`;
  for (const name of ['ca', 'etcd-ca', 'front-proxy-ca']) {
    const found = row(name);
    out += found ? pad([name, found[0], found[1], 'no'], ca) : pad([`!MISSING! ${name}`, '', '', ''], ca);
  }
  await p.out(out);
  return 0;
}
