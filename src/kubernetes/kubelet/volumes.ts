import type { KubeObject } from '../api/types.ts';
import { Directory, FileError, FileSystem, type Mount } from '../../linux/files.ts';
import { ApiError, type ApiClient, core } from '../client/client.ts';
import { dataOf, fieldRef, resourceRef } from './environment.ts';
import type { KubeletOptions } from './config.ts';

/** A volume that could not be set up; the message is what the event says after `MountVolume.SetUp failed for volume "x" : `. */
export class MountError extends Error {}

/** The volumes of one pod, as directories on the node: /var/lib/kubelet/pods/UID/volumes/kubernetes.io~TYPE/NAME */
export class PodVolumes {
  readonly directories = new Map<string, { root: Directory; readOnly: boolean; file?: string; mounts?: Mount[] }>();
  readonly #options: KubeletOptions;
  readonly #uid: string;

  constructor(options: KubeletOptions, uid: string) {
    this.#options = options;
    this.#uid = uid;
  }

  /** Sets up what is not there yet. Throws MountError with the volume's name in `volume`. */
  mount(pod: KubeObject, volume: Volume): void {
    if (this.directories.has(volume.name)) return;
    const { machine } = this.#options;
    const source = Object.keys(volume).find((k) => k !== 'name') ?? 'emptyDir';
    if (source === 'hostPath') return this.#hostPath(volume);
    if (source === 'persistentVolumeClaim') return this.#claim(pod, volume);
    const type = { emptyDir: 'empty-dir', configMap: 'configmap', secret: 'secret', projected: 'projected', downwardAPI: 'downward-api' }[source];
    if (!type) throw new MountError(`no volume plugin matched name: ${source}`);
    const files = source === 'emptyDir' ? {} : this.#files(pod, source, volume[source]);
    const path = `/var/lib/kubelet/pods/${this.#uid}/volumes/kubernetes.io~${type}/${volume.name}`;
    machine.fs.mkdir(path, { parents: true });
    const root = machine.fs.directory(path);
    root.mode = source === 'emptyDir' ? 0o777 : 0o1777;
    fill(root, files, machine.world.clock.now);
    this.directories.set(volume.name, { root, readOnly: false });
  }

  /** Puts new contents of ConfigMaps and Secrets in place; errors are left to the next mount. */
  refresh(pod: KubeObject): void {
    for (const volume of (pod.spec.volumes ?? []) as Volume[]) {
      const source = Object.keys(volume).find((k) => k !== 'name')!;
      const mounted = this.directories.get(volume.name);
      if (!mounted || (source !== 'configMap' && source !== 'secret')) continue;
      try {
        fill(mounted.root, this.#files(pod, source, volume[source]), this.#options.machine.world.clock.now);
      } catch (error) {
        if (!(error instanceof MountError)) throw error;
      }
    }
  }

  unmountAll(): void {
    const path = `/var/lib/kubelet/pods/${this.#uid}`;
    if (this.#options.machine.fs.exists(path)) this.#options.machine.fs.remove(path, { recursive: true });
    this.directories.clear();
  }

  /** Where a container sees them. Single files (subPath, hostPath of type File) are copied in as `files`. */
  mountsOf(container: { volumeMounts?: VolumeMount[] }, env: Record<string, string>): { mounts: Mount[]; files: Record<string, string> } {
    const mounts: Mount[] = [], files: Record<string, string> = {};
    for (const m of container.volumeMounts ?? []) {
      const volume = this.directories.get(m.name);
      if (!volume) continue;
      let root = volume.root;
      const sub = m.subPath ?? m.subPathExpr?.replace(/\$\(([^)]*)\)/g, (_, name: string) => env[name] ?? '');
      if (volume.file !== undefined) {
        files[m.mountPath] = volume.file;
        continue;
      }
      if (sub) {
        const fs = new FileSystem(root, () => this.#options.machine.world.clock.now);
        const inode = fs.find(`/${sub}`);
        if (inode?.kind === 'file') {
          files[m.mountPath] = fs.readFile(`/${sub}`);
          continue;
        }
        if (!inode) fs.mkdir(`/${sub}`, { parents: true });
        root = fs.directory(`/${sub}`);
      }
      mounts.push({ path: m.mountPath, root, readOnly: Boolean(m.readOnly) || volume.readOnly, type: 'ext4', source: '/dev/vda' });
      if (!sub) for (const under of volume.mounts ?? []) mounts.push({ ...under, path: m.mountPath + under.path });
    }
    return { mounts: mounts.sort((a, b) => a.path.length - b.path.length), files };
  }

  #hostPath(volume: Volume): void {
    const { fs } = this.#options.machine;
    const { path, type = '' } = volume['hostPath'] as { path: string; type?: string };
    const inode = fs.find(path);
    if (!inode && (type === '' || type === 'DirectoryOrCreate')) fs.mkdir(path, { parents: true });
    else if (!inode && type === 'FileOrCreate') fs.writeFile(path, '');
    else if (type === 'Directory' && inode?.kind !== 'dir') throw new MountError(`hostPath type check failed: ${path} is not a directory`);
    else if (type === 'File' && inode?.kind !== 'file') throw new MountError(`hostPath type check failed: ${path} is not a file`);
    else if (type === 'Socket' && !inode) throw new MountError(`hostPath type check failed: ${path} is not a socket file`);
    const found = fs.stat(path);
    if (found.kind === 'dir') this.directories.set(volume.name, { root: found, readOnly: false, mounts: fs.below(fs.realpath(path)).mounts.slice(1) });
    else this.directories.set(volume.name, { root: new Directory(), readOnly: false, file: fs.readFile(path) });
  }

  #claim(pod: KubeObject, volume: Volume): void {
    const { client, machine } = this.#options;
    const { claimName, readOnly = false } = volume['persistentVolumeClaim'] as { claimName: string; readOnly?: boolean };
    const claim = client.find(core('persistentvolumeclaims'), pod.metadata.namespace, claimName);
    if (!claim) throw new MountError(`error getting PVC: persistentvolumeclaim "${claimName}" not found`);
    const pv = claim.spec.volumeName ? client.find(core('persistentvolumes'), undefined, claim.spec.volumeName) : undefined;
    const path: string | undefined = pv?.spec.hostPath?.path ?? pv?.spec.local?.path;
    if (!pv || claim.status?.phase !== 'Bound') throw new MountError(`PVC ${pod.metadata.namespace}/${claimName} has non-bound phase ("${claim.status?.phase ?? 'Pending'}") or empty pvc.Spec.VolumeName ("${claim.spec.volumeName ?? ''}")`);
    if (!path) throw new MountError('no volume plugin matched');
    if (!machine.fs.exists(path)) machine.fs.mkdir(path, { parents: true });
    this.directories.set(volume.name, { root: machine.fs.directory(path), readOnly });
  }

  #files(pod: KubeObject, source: string, spec: VolumeSource): Record<string, string> {
    const { client, nodeIP } = this.#options;
    const namespace = pod.metadata.namespace!;
    if (source === 'configMap' || source === 'secret') {
      const kind = source === 'secret' ? 'secret' : 'configmap', name = (source === 'secret' ? spec.secretName : undefined) ?? spec.name!;
      const object = client.find(core(`${kind}s`), namespace, name);
      if (!object && spec.optional) return {};
      if (!object) throw new MountError(`${kind} "${name}" not found`);
      const data = dataOf(object);
      if (!spec.items) return { ...data };
      const out: Record<string, string> = {};
      for (const { key, path } of spec.items) {
        if (data[key] === undefined && !spec.optional) throw new MountError(`references non-existent ${kind === 'secret' ? 'secret' : 'config'} key: ${key}`);
        if (data[key] !== undefined) out[path] = data[key];
      }
      return out;
    }
    if (source === 'downwardAPI') {
      const out: Record<string, string> = {};
      for (const item of spec.items ?? []) {
        if (item.fieldRef) out[item.path] = fieldRef(pod, item.fieldRef.fieldPath, { podIP: pod.status?.podIP ?? '', hostIP: nodeIP }) ?? '';
        else if (item.resourceFieldRef) out[item.path] = resourceRef(pod.spec.containers.find((c: { name: string }) => c.name === item.resourceFieldRef!.containerName), item.resourceFieldRef, {});
      }
      return out;
    }
    const out: Record<string, string> = {};
    for (const part of spec.sources ?? []) {
      if (part.serviceAccountToken) out[part.serviceAccountToken.path] = this.#token(client, pod, part.serviceAccountToken);
      else {
        const [kind, inner] = Object.entries(part)[0]!;
        Object.assign(out, this.#files(pod, kind, { ...(inner as VolumeSource), ...(kind === 'secret' ? { secretName: (inner as VolumeSource).name } : {}) }));
      }
    }
    return out;
  }

  #token(client: ApiClient, pod: KubeObject, { audience, expirationSeconds = 3600 }: { audience?: string; expirationSeconds?: number }): string {
    const name = pod.spec.serviceAccountName ?? 'default';
    try {
      const answer = client.create(core('serviceaccounts'), {
        apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', metadata: { name: '', namespace: pod.metadata.namespace! },
        spec: { audiences: audience ? [audience] : [], expirationSeconds, boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: pod.metadata.name, uid: pod.metadata.uid } },
      }, { name, subresource: 'token' });
      return answer.status.token as string;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      throw new MountError(`failed to fetch token: ${error.message}`);
    }
  }
}

/** Writes what is new; what is gone is removed. */
function fill(root: Directory, files: Record<string, string>, now: number): void {
  const fs = new FileSystem(root, () => now);
  for (const [path, content] of Object.entries(files)) {
    const slash = path.lastIndexOf('/');
    if (slash > 0) fs.mkdir(`/${path.slice(0, slash)}`, { parents: true });
    try {
      if (fs.exists(`/${path}`) && fs.readFile(`/${path}`) === content) continue;
      fs.writeFile(`/${path}`, content);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
    }
  }
  if (Object.keys(files).length > 0) for (const name of root.names()) if (!Object.keys(files).some((f) => f.split('/')[0] === name)) root.delete(name);
}

export interface Volume {
  name: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- one of many sources
  [source: string]: any;
}
interface VolumeMount {
  name: string;
  mountPath: string;
  readOnly?: boolean;
  subPath?: string;
  subPathExpr?: string;
}
interface VolumeSource {
  name?: string;
  secretName?: string;
  optional?: boolean;
  items?: { key: string; path: string; fieldRef?: { fieldPath: string }; resourceFieldRef?: { resource: string; divisor?: string; containerName: string } }[];
  sources?: { serviceAccountToken?: { path: string; audience?: string; expirationSeconds?: number } }[];
}
