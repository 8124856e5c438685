import type { KubeObject } from '../../../kubernetes/api/types.ts';
import type { Command } from '../cli.ts';
import { KubectlError } from '../errors.ts';
import { build, infos } from '../factory/builder.ts';
import type { Kubectl } from '../kubectl.ts';
import { compact } from './common.ts';
import { meta } from './create-generators.ts';

/** nginx of docker.io/library/nginx:1.25@sha256:… */
export function imageName(image: string): string {
  const last = image.split('/').at(-1)!;
  return last.split('@')[0]!.split(':')[0]!.toLowerCase().replaceAll('_', '-');
}

const NO_TIME = { creationTimestamp: null };

export function deployment(_k: Kubectl, { args, flags }: Command, name: string): KubeObject {
  const images = flags.list('image'), command = args.slice(1);
  if (images.length > 1 && command.length > 0) throw new KubectlError('cannot specify multiple --image options and command');
  const labels = { app: name };
  const containers: Record<string, unknown>[] = images.map((image) => compact({ name: containerName(image), image, command: command.length > 0 ? command : undefined, ports: undefined as unknown, resources: {} }));
  if (flags.int('port') >= 0) containers[0] = insertPorts(containers[0]!, flags.int('port'));
  return {
    kind: 'Deployment', apiVersion: 'apps/v1', metadata: meta(name, { labels }),
    spec: { replicas: flags.int('replicas'), selector: { matchLabels: labels }, template: { metadata: { ...NO_TIME, labels }, spec: { containers } }, strategy: {} },
    status: {},
  };
}

function containerName(image: string): string {
  return image.split('/').at(-1)!.split(':')[0]!.split('@')[0]!.toLowerCase().replace(/[^a-z0-9-]/g, '-').replace(/^-+|-+$/g, '');
}

function insertPorts({ name, image, command, resources }: Record<string, unknown>, port: number): Record<string, unknown> {
  return compact({ name, image, command, ports: [{ containerPort: port }], resources });
}

function podTemplate(container: Record<string, unknown>, restartPolicy: string): Record<string, unknown> {
  return { metadata: NO_TIME, spec: { containers: [container], restartPolicy } };
}

export async function job(k: Kubectl, { args, flags }: Command, name: string): Promise<KubeObject> {
  const image = flags.string('image'), from = flags.string('from'), command = args.slice(1);
  if ((image === '') === (from === '')) throw new KubectlError('either --image or --from must be specified');
  if (command.length > 0 && from) throw new KubectlError('cannot specify --from and command');
  if (from) return jobFrom(k, from, name);
  const container = compact({ name, image, command: command.length > 0 ? command : undefined, resources: {} });
  return { kind: 'Job', apiVersion: 'batch/v1', metadata: meta(name), spec: { template: podTemplate(container, 'Never') }, status: {} };
}

async function jobFrom(k: Kubectl, from: string, name: string): Promise<KubeObject> {
  const [info, ...more] = await infos(await build(k, { args: [from] }));
  if (!info || more.length > 0) throw new KubectlError('from must be an existing cronjob');
  const cron = info.object!;
  if (cron.kind !== 'CronJob') throw new KubectlError(`unknown object type *v1.${cron.kind}`);
  const template = cron.spec.jobTemplate;
  const annotations = { 'cronjob.kubernetes.io/instantiate': 'manual', ...template.metadata?.annotations };
  const ownerReferences = [{ apiVersion: 'batch/v1', kind: 'CronJob', name: cron.metadata.name, uid: cron.metadata.uid!, controller: true, blockOwnerDeletion: true }];
  return { kind: 'Job', apiVersion: 'batch/v1', metadata: meta(name, { ...(template.metadata?.labels ? { labels: template.metadata.labels } : {}), annotations, ownerReferences }), spec: template.spec, status: {} };
}

export function cronJob(_k: Kubectl, { args, flags }: Command, name: string): KubeObject {
  const command = args.slice(1);
  const container = compact({ name, image: flags.string('image'), command: command.length > 0 ? command : undefined, resources: {} });
  return {
    kind: 'CronJob', apiVersion: 'batch/v1', metadata: meta(name),
    spec: { schedule: flags.string('schedule'), jobTemplate: { metadata: { name, ...NO_TIME }, spec: { template: podTemplate(container, flags.string('restart') || 'OnFailure') } } },
    status: {},
  };
}
