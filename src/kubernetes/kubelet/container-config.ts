import { fnv32a, goJson } from '../controllers/hash.ts';
import type { ContainerConfig, SandboxConfig } from '../runtime/containers.ts';
import type { Image } from '../runtime/image.ts';
import { amount, ConfigError, environment, expand } from './environment.ts';
import { etcHosts, resolvConf } from './files.ts';
import type { PodWorker } from './pod-worker.ts';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- v1.Container and its parts
type Any = any;

/** GenerateContainerOptions and generateContainerConfig: what the runtime is asked for. Throws ConfigError, ApiError, ConnectionError. */
export function containerConfig(worker: PodWorker, c: Any, image: Image, attempt: number): ContainerConfig {
  const { kubelet, pod, uid: podUid } = worker, { options } = kubelet;
  const { metadata, spec } = pod;
  const sandbox = worker.sandbox!;
  const env = environment(pod, c, { client: options.client, services: () => kubelet.services(), podIP: worker.podIP() ?? '', hostIP: options.nodeIP, nodeAllocatable: kubelet.allocatable() });
  const { mounts, files } = worker.volumes.mountsOf(c, env);
  const sc = c.securityContext ?? {}, psc = spec.securityContext ?? {};
  const uid: number | undefined = sc.runAsUser ?? psc.runAsUser;
  if (sc.runAsNonRoot ?? psc.runAsNonRoot) verifyRunAsNonRoot(uid, image, `(pod: "${metadata.name}_${metadata.namespace}(${podUid})", container: ${c.name})`);
  const log = `/var/log/pods/${metadata.namespace}_${metadata.name}_${podUid}/${c.name}/${attempt}.log`;
  const target = c.targetContainerName ? worker.running(c.targetContainerName) : undefined;
  return {
    name: c.name, attempt, image, imageName: c.image, env, mounts, workdir: c.workingDir ?? image.workdir,
    command: c.command?.map((a: string) => expand(a, env)), args: c.args?.map((a: string) => expand(a, env)),
    uid, gid: sc.runAsGroup ?? psc.runAsGroup, privileged: Boolean(sc.privileged), ...(sc.capabilities ? { capabilities: sc.capabilities } : {}),
    files: { '/etc/hosts': etcHosts(pod, options, sandbox), '/etc/hostname': `${sandbox.uts.hostname}\n`, '/etc/resolv.conf': sandbox.config.resolvConf, ...files },
    tty: Boolean(c.tty), stdin: Boolean(c.stdin), stdinOnce: Boolean(c.stdinOnce), readOnlyRoot: Boolean(sc.readOnlyRootFilesystem), logPath: log, pidsOf: target,
    ...(c.resources?.limits?.memory ? { memoryLimit: amount(c.resources.limits.memory) } : {}),
    labels: { 'io.kubernetes.container.name': c.name, 'io.kubernetes.pod.name': metadata.name, 'io.kubernetes.pod.namespace': metadata.namespace!, 'io.kubernetes.pod.uid': podUid },
    annotations: {
      'io.kubernetes.container.hash': fnv32a(goJson(c)).toString(16), ...(c.ports?.length ? { 'io.kubernetes.container.ports': goJson(c.ports) } : {}), 'io.kubernetes.container.restartCount': String(attempt),
      'io.kubernetes.container.terminationMessagePath': c.terminationMessagePath ?? '/dev/termination-log', 'io.kubernetes.container.terminationMessagePolicy': c.terminationMessagePolicy ?? 'File', 'io.kubernetes.pod.terminationGracePeriod': String(spec.terminationGracePeriodSeconds ?? 30),
    },
  };
}

/** pkg/kubelet/kuberuntime/security_context_others.go */
function verifyRunAsNonRoot(uid: number | undefined, image: Image, which: string): void {
  if (uid === 0) throw new ConfigError(`container's runAsUser breaks non-root policy ${which}`);
  if (uid !== undefined) return;
  const user = (image.user ?? '0').split(':')[0]!;
  if (!/^\d+$/.test(user)) throw new ConfigError(`container has runAsNonRoot and image has non-numeric user (${user}), cannot verify user is non-root ${which}`);
  if (Number(user) === 0) throw new ConfigError(`container has runAsNonRoot and image will run as root ${which}`);
}

/** generatePodSandboxConfig */
export function sandboxConfig(worker: PodWorker, attempt: number): SandboxConfig {
  const { kubelet: { options }, pod, uid } = worker, { metadata, spec } = pod;
  const ports = spec.hostNetwork ? [] : spec.containers.flatMap((c: Any) => (c.ports ?? []) as Any[]).filter((p: Any) => p.hostPort);
  return {
    name: metadata.name, namespace: metadata.namespace!, uid, attempt, hostname: spec.hostNetwork ? options.machine.uts.hostname : (spec.hostname ?? metadata.name.slice(0, 63)),
    hostNetwork: Boolean(spec.hostNetwork), hostPID: Boolean(spec.hostPID), resolvConf: resolvConf(pod, options), annotations: metadata.annotations ?? {},
    labels: { ...metadata.labels, 'io.kubernetes.pod.name': metadata.name, 'io.kubernetes.pod.namespace': metadata.namespace!, 'io.kubernetes.pod.uid': uid },
    ...(ports.length ? { portMappings: ports.map((p: Any) => ({ hostPort: p.hostPort, containerPort: p.containerPort, protocol: (p.protocol ?? 'TCP').toLowerCase(), ...(p.hostIP ? { hostIP: p.hostIP } : {}) })) } : {}),
  };
}
