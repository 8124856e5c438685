import { type Device, Directory, FileSystem } from '../../linux/files.ts';
import type { World } from '../../linux/world.ts';
import { sha256Hex } from './sha256.ts';

/** A container image, as its config and its layers describe it. */
export interface Image {
  /** REPOSITORY:TAG of everything that is this very image, canonical (docker.io/library/…), sorted: the first is what the CRI reports. */
  names: readonly string[];
  /** The manifest's digest where the world knows it; made up from the name otherwise. */
  digest?: string;
  /** Bytes, unpacked, as `crictl images` counts them. */
  size: number;
  /** Executables: path → name of the program (in World.programs or DAEMONS). */
  executables: Readonly<Record<string, string>>;
  /** The version built into its executables (as `strings` finds it). */
  version?: string;
  files?: Readonly<Record<string, string>>;
  /** Symbolic links: path → target. */
  links?: Readonly<Record<string, string>>;
  /** Empty directories. */
  directories?: readonly string[];
  entrypoint?: readonly string[];
  cmd?: readonly string[];
  env?: Readonly<Record<string, string>>;
  /** UID or UID:GID; root when there is none. */
  user?: string;
  workdir?: string;
  stopSignal?: 'TERM' | 'QUIT' | 'INT';
  /** It exists only where it was loaded to (kind load): no registry serves it, and it has no repository digest. */
  local?: boolean;
}

/** sha256:… of the config: what the CRI calls the image's id. */
export function imageId(image: Image): string {
  return `sha256:${sha256Hex(`config ${image.names[0]!}`)}`;
}

/** sha256:… of the manifest, for REPOSITORY@sha256:… */
export function imageDigest(image: Image): string {
  return image.digest ?? `sha256:${sha256Hex(`manifest ${image.names[0]!}`)}`;
}

const ROOTS = new WeakMap<World, Map<Image, Directory>>();

/** The image's unpacked file system, shared by all its containers. Only programs this world knows are in it. */
export function imageRoot(world: World, image: Image): Directory {
  let roots = ROOTS.get(world);
  if (!roots) ROOTS.set(world, (roots = new Map()));
  let root = roots.get(image);
  if (!root) {
    root = new Directory();
    unpack(new FileSystem(root, () => IMAGE_TIME), image, world);
    roots.set(image, root);
  }
  return root;
}

/** Writes what the image holds into a file system. */
export function unpack(fs: FileSystem, image: Image, world: World): void {
  for (const dir of ['/dev', '/etc', '/proc', '/sys', '/tmp', '/var', '/run', '/root', '/usr/bin', '/usr/sbin', ...(image.directories ?? [])]) fs.mkdir(dir, { parents: true });
  fs.change('/tmp', { mode: 0o1777 });
  fs.change('/root', { mode: 0o700 });
  devices(fs);
  for (const [path, target] of Object.entries(image.links ?? {})) {
    parents(fs, path);
    fs.symlink(target, path);
  }
  for (const [path, program] of Object.entries(image.executables)) {
    if (!world.hasProgram(program)) continue;
    parents(fs, path);
    fs.writeFile(path, image.version ?? '', { mode: 0o755, program });
  }
  for (const [path, content] of Object.entries(image.files ?? {})) {
    parents(fs, path);
    fs.writeFile(path, content, { mode: content.startsWith('#!') ? 0o755 : 0o644 });
  }
}

/** /dev as the runtime makes it. */
export function devices(fs: FileSystem): void {
  const dev = fs.directory('/dev');
  const node = (name: string, device: Device['device']) => dev.set(name, { kind: 'device', device, mode: 0o666, uid: 0, gid: 0, mtime: IMAGE_TIME });
  node('null', 'null');
  node('zero', 'zero');
  node('full', 'zero');
  node('random', 'random');
  node('urandom', 'random');
  node('tty', 'tty');
}

function parents(fs: FileSystem, path: string): void {
  const dir = path.slice(0, path.lastIndexOf('/'));
  if (dir !== '') fs.mkdir(dir, { parents: true });
}

/** Files of images are older than every world: 2024-04-09. */
const IMAGE_TIME = 1_712_620_800_000_000;
