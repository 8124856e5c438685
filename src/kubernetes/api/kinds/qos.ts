import { quantity } from '../quantity.ts';

interface Resources { limits?: Record<string, string>; requests?: Record<string, string> }

/** The quality of service class of a pod (pkg/apis/core/v1/helper/qos/qos.go). */
export function qosClass(spec: { containers?: { resources?: Resources }[]; initContainers?: { resources?: Resources }[] }): string {
  let guaranteed = true, any = false;
  for (const { resources = {} } of [...(spec.containers ?? []), ...(spec.initContainers ?? [])]) {
    for (const name of ['cpu', 'memory']) {
      const request = quantity(resources.requests?.[name]).nano, limit = quantity(resources.limits?.[name]).nano;
      if (request > 0n || limit > 0n) any = true;
      if (limit <= 0n || request !== limit) guaranteed = false;
    }
  }
  return !any ? 'BestEffort' : guaranteed ? 'Guaranteed' : 'Burstable';
}
