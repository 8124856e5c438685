import { journal } from '../../linux/systemd.ts';
import type { Process } from '../../linux/process.ts';
import { heading } from '../systemd/journalctl.ts';
import type { Profile } from './profile.ts';

/** What `minikube logs` gathers from the node: journals of its units, logs of the control plane's containers, newest last. */
export async function logs(p: Process, args: string[], { node }: Profile): Promise<number> {
  const { machine, runtime } = node!, at = args.findIndex((a) => /^(-n|--length)$/.test(a)), most = Number(args.find((a) => /^(-n|--length)=/.test(a))?.split('=')[1] ?? (at >= 0 ? args[at + 1] : 60));
  const section = async (name: string, lines: string[]) => p.out(`* \n* ==> ${name} <==\n${lines.slice(-most).map((l) => `* ${l}\n`).join('')}`);
  const unit = (name: string) => journal(machine).filter((e) => e.unit === `${name}.service`).map((e) => `${heading(p, e).replace(p.machine.uts.hostname, machine.uts.hostname)}${e.text}`);
  await section('Docker', unit('docker'));
  const running = [...runtime.containers.values()].filter((c) => c.state === 'RUNNING');
  await section('container status', ['CONTAINER           IMAGE               STATE               NAME                      ATTEMPT             POD', ...running.map((c) => `${c.id.slice(0, 13).padEnd(20)}${c.config.image.names[0]!.split('/').at(-1)!.slice(0, 18).padEnd(20)}${'Running'.padEnd(20)}${c.config.name.padEnd(26)}${String(c.config.attempt).padEnd(20)}${c.sandbox.config.name}`)]);
  const texts = (name: string) => running.filter((c) => c.config.name === name);
  for (const name of ['coredns', 'etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-proxy', 'kube-scheduler', 'storage-provisioner']) for (const c of texts(name)) await section(`${name} [${c.id.slice(0, 12)}]`, c.log.entries.map((e) => e.text.replace(/\n$/, '')));
  await section('kernel', [` ${new Date(p.now / 1000).toISOString().slice(11, 19)} up ${Math.floor((p.now - machine.bootedAt) / 60e6)} min,  0 users,  load average: ${machine.fs.readFile('/proc/loadavg').split(' ').slice(0, 3).join(', ')}`, `Linux ${machine.uts.hostname} ${machine.kernel.release} ${machine.kernel.version} ${machine.kernel.arch} GNU/Linux`, 'PRETTY_NAME="Ubuntu 22.04.3 LTS"']);
  await section('kubelet', unit('kubelet'));
  return 0;
}
