import { localPathProvisioner } from '../../kubernetes/addons/local-path.ts';
import { kindnetd } from '../../kubernetes/cni/kindnetd.ts';
import type { Blueprint } from '../blueprint.ts';
import { kindPodman } from './index.ts';

/** The same machines as `kind create cluster` leaves them: kindnet, local-path, no workloads. */
export function kindPodmanPlain(): Blueprint {
  return { ...kindPodman({ plain: true }), daemons: { kindnetd, 'local-path-provisioner': localPathProvisioner } };
}
