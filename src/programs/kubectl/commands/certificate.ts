import type { KubeObject } from '../../../kubernetes/api/types.ts';
import type { Command } from '../cli.ts';
import { KubectlError, StatusError } from '../errors.ts';
import { build, visit } from '../factory/builder.ts';
import { pathOf } from '../factory/mapper.ts';
import type { Kubectl } from '../kubectl.ts';
import { printer } from '../printers/index.ts';

export const approve = (k: Kubectl, command: Command): Promise<void> => decide(k, command, 'Approved', 'approved', 'KubectlApprove', 'This CSR was approved by kubectl certificate approve.');
export const deny = (k: Kubectl, command: Command): Promise<void> => decide(k, command, 'Denied', 'denied', 'KubectlDeny', 'This CSR was denied by kubectl certificate deny.');

async function decide(k: Kubectl, { args, flags }: Command, type: string, verb: string, reason: string, message: string): Promise<void> {
  const files = flags.list('filename');
  if (args.length === 0 && files.length === 0 && !flags.string('kustomize')) throw new KubectlError('one or more CSRs must be specified as <name> or -f <filename>');
  const print = await printer(k, verb);
  const result = await build(k, files.length > 0 ? { filenames: files, recursive: flags.bool('recursive'), flatten: true, latest: true, continueOnError: true } : { args: args.map((a) => (a.includes('/') ? a : `certificatesigningrequests.certificates.k8s.io/${a}`)), continueOnError: true });
  await visit(result, async (info) => {
    let csr = info.object!;
    for (let attempt = 0; ; attempt++) {
      const conditions = (csr.status?.conditions ?? []) as { type: string }[];
      if (conditions.some((c) => c.type === type) && !flags.bool('force')) break;
      const opposite = type === 'Approved' ? 'Denied' : 'Approved';
      if (conditions.some((c) => c.type === opposite)) throw new KubectlError(`certificate signing request "${info.name}" is already ${opposite}`);
      const now = `${new Date(Math.floor(k.now / 1e6) * 1000).toISOString().slice(0, 19)}Z`;
      const updated: KubeObject = { ...csr, status: { ...csr.status, conditions: [...conditions, { type, status: 'True', reason, message, lastUpdateTime: now, lastTransitionTime: null }] } };
      try {
        csr = await k.rest.update(pathOf(info.mapping, '', info.name, 'approval'), updated);
        break;
      } catch (error) {
        if (!(error instanceof StatusError) || error.reason !== 'Conflict' || attempt > 10) throw error;
        csr = await k.rest.get(pathOf(info.mapping, '', info.name));
      }
    }
    k.out(print(csr));
  });
}
