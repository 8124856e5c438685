import type { Command } from '../cli.ts';
import { KubectlError } from '../errors.ts';
import { build, visit } from '../factory/builder.ts';
import { apiVersionOf, fullName, pathOf, type Mapping } from '../factory/mapper.ts';
import type { Kubectl } from '../kubectl.ts';
import { printer } from '../printers/index.ts';
import { builderOptions, compact, done, withTypedLastApplied, writeQuery } from './common.ts';
import { meta } from './create-generators.ts';

const HPA: Mapping = { group: 'autoscaling', version: 'v1', resource: 'horizontalpodautoscalers', kind: 'HorizontalPodAutoscaler', namespaced: true };

export async function run(k: Kubectl, command: Command): Promise<void> {
  const { flags } = command;
  const min = flags.int('min'), max = flags.int('max'), cpu = flags.int('cpu-percent');
  if (max < 1) throw new KubectlError(`--max=MAXPODS is required and must be at least 1, max: ${max}`);
  if (max < min) throw new KubectlError(`--max=MAXPODS must be larger or equal to --min=MINPODS, max: ${max}, min: ${min}`);
  const dryRun = k.dryRun();
  const print = await printer(k, done('autoscaled', dryRun));
  const result = await build(k, { ...builderOptions(flags, command.args), flatten: true, continueOnError: true });
  let count = 0;
  await visit(result, async (info) => {
    const { mapping } = info;
    if (!['Deployment', 'ReplicaSet', 'StatefulSet', 'ReplicationController'].includes(mapping.kind)) throw new KubectlError(`cannot autoscale a ${fullName({ ...mapping, resource: mapping.kind })}: could not find scale subresource for ${mapping.group}/${mapping.version}, Resource=${mapping.resource} in discovery information`);
    let hpa = {
      kind: 'HorizontalPodAutoscaler', apiVersion: 'autoscaling/v1', metadata: meta(flags.string('name') || info.name),
      spec: compact({ scaleTargetRef: { kind: mapping.kind, name: info.name, apiVersion: apiVersionOf(mapping) }, minReplicas: min > 0 ? min : undefined, maxReplicas: max, targetCPUUtilizationPercentage: cpu >= 0 ? cpu : undefined }),
      status: { currentReplicas: 0, desiredReplicas: 0 },
    };
    if (flags.bool('save-config')) hpa = withTypedLastApplied(hpa) as typeof hpa;
    count++;
    k.out(dryRun === 'client' ? print(hpa, { typed: true }) : print(await k.rest.create(pathOf(HPA, info.namespace), hpa, writeQuery(k, dryRun))));
  });
  if (count === 0) throw new KubectlError('no objects passed to autoscale');
}
