import { SECOND } from '../../../src/sim/clock.ts';
import { ApiServer } from '../../../src/kubernetes/apiserver/server.ts';
import { Etcd } from '../../../src/kubernetes/etcd/store.ts';
import { Sink, OpenFile } from '../../../src/linux/streams.ts';
import { Machine } from '../../../src/linux/machine.ts';
import { World } from '../../../src/linux/world.ts';
import { kubectl } from '../../../src/programs/kubectl/index.ts';
import { direct } from './direct.ts';

export const KUBECONFIG = `apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: LS0tLS1CRUdJTg==
    server: https://127.0.0.1:6443
  name: kind-podman
contexts:
- context:
    cluster: kind-podman
    user: kubernetes-admin
  name: kind-podman
current-context: kind-podman
kind: Config
preferences: {}
users:
- name: kubernetes-admin
  user:
    client-certificate-data: LS0tLS1CRUdJTg==
    client-key-data: LS0tLS1CRUdJTg==
`;

export interface Typed {
  stdout: string;
  stderr: string;
  code: number;
}

/** A machine with kubectl and an API server behind it; nothing else runs. */
export function bench({ files = {} }: { files?: Record<string, string> } = {}) {
  const at: { server?: ApiServer } = {};
  const programs = new Map([['kubectl', { main: kubectl(direct(() => at.server)) }]]);
  const world = new World({ seed: 'kubectl', start: Date.UTC(2026, 10, 21, 8, 20, 0) * 1000, programs });
  const machine = new Machine(world, 'mac', { firstPid: 350 });
  world.machines.set('mac', machine);
  machine.fs.mkdir('/usr/local/bin', { parents: true });
  machine.fs.mkdir('/root/lab', { parents: true });
  machine.fs.mkdir('/root/.kube', { parents: true });
  machine.fs.writeFile('/usr/local/bin/kubectl', '', { mode: 0o755, program: 'kubectl' });
  machine.fs.writeFile('/root/.kube/config', KUBECONFIG);
  for (const [name, text] of Object.entries(files)) machine.fs.writeFile(`/root/lab/${name}`, text);
  const server = (at.server = new ApiServer({ clock: world.clock, rng: world.rng.fork('apiserver'), etcd: new Etcd(world.clock) }));
  for (const name of ['control-plane', 'worker-1', 'worker-2']) void name;
  const env = { HOME: '/root', PATH: '/usr/local/bin:/usr/bin:/bin' };
  async function run(argv: string[], { stdin = '' }: { stdin?: string } = {}): Promise<Typed> {
    let stdout = '', stderr = '';
    const process = machine.spawn({ argv, cwd: '/root/lab', env: { ...env }, stdin: new OpenFile({ text: stdin }), stdout: new Sink((t) => (stdout += t)), stderr: new Sink((t) => (stderr += t)) });
    await world.until(() => process.status !== undefined, 600 * SECOND);
    if (world.defects.length > 0) throw world.defects.shift()!.error;
    return { stdout, stderr, code: process.status?.code ?? 124 };
  }
  return { world, machine, server, run, type: (line: string, options?: { stdin?: string }) => run(words(line), options) };
}

/** A command line cut into words, with quotes; no other shell syntax. */
export function words(line: string): string[] {
  const out: string[] = [];
  for (const m of line.matchAll(/(?:[^\s"']+|"(?:[^"\\]|\\.)*"|'[^']*')+/g)) {
    out.push(m[0].replace(/"((?:[^"\\]|\\.)*)"|'([^']*)'|([^"']+)/g, (_, d?: string, s?: string, p?: string) => d?.replace(/\\(["\\$`])/g, '$1') ?? s ?? p ?? ''));
  }
  return out;
}
