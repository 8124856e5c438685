import { imageId } from '../../kubernetes/runtime/image.ts';
import { formatReference, parseReference } from '../../kubernetes/runtime/reference.ts';
import type { Process } from '../../linux/process.ts';
import { exitDueTo, table } from './output.ts';
import type { Profile } from './profile.ts';

/** `minikube image`: what the node's runtime has, gets from a registry and loses (pkg/minikube/machine/cache_images.go). */
export async function image(p: Process, [verb, ...rest]: string[], { node }: Profile): Promise<number> {
  const { runtime } = node!, names = rest.filter((a) => !a.startsWith('-')), format = /^--format=(.*)$/.exec(rest.find((a) => a.startsWith('--format=')) ?? '')?.[1] ?? 'short';
  if (verb === 'ls' || verb === 'list') {
    const found = [...runtime.images].sort(([a], [b]) => (a < b ? 1 : -1)), id = (entry: (typeof found)[number]) => imageId(entry[1].image).replace('sha256:', '');
    const split = (name: string): [string, string] => [name.slice(0, name.lastIndexOf(':')), name.slice(name.lastIndexOf(':') + 1)];
    switch (format) {
      case 'short': await p.out(found.map(([name]) => `${name}\n`).join('')); break;
      case 'table': await p.out(table(['Image', 'Tag', 'Image ID', 'Size'], found.map((entry) => [...split(entry[0]), id(entry).slice(0, 13), size(entry[1].image.size)]))); break;
      case 'json': await p.out(`${JSON.stringify(found.map((entry) => ({ id: id(entry), repoDigests: [], repoTags: [entry[0]], size: String(entry[1].image.size) })))}\n`); break;
      default: return exitDueTo(p, 'MK_USAGE', `--format must be one of [short|table|json|yaml], but got: ${format}`, 64);
    }
    return 0;
  }
  if (verb === 'load' || verb === 'pull') {
    if (names.length === 0) return exitDueTo(p, 'MK_USAGE', verb === 'load' ? 'Please provide an image in your local daemon to load into minikube via <minikube image load IMAGE_NAME>' : 'Please provide an image to pull', 64);
    for (const name of names) {
      const reference = parseReference(name), result = 'error' in reference ? reference : runtime.pull(reference);
      await p.sleep(2_500_000);
      if ('error' in result) return exitDueTo(p, 'GUEST_IMAGE_LOAD', verb === 'load' ? `Failed to load image: save to dir: caching images: caching image "${p.env['HOME'] ?? '/root'}/.minikube/cache/images/amd64/${'error' in reference ? name : formatReference(reference).replaceAll(':', '_')}": ${result.error.replace(/^rpc error: code = \w+ desc = /, '')}` : `Failed to pull image: ${result.error}`, 80);
    }
    return 0;
  }
  if (verb === 'rm' || verb === 'unload') {
    for (const name of names) {
      const reference = parseReference(name);
      if (!('error' in reference)) runtime.removeImage(formatReference(reference));
    }
    return 0;
  }
  await p.out(USAGE);
  return verb === undefined ? 0 : 64;
}

/** Decimal units, as docker's. */
function size(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toPrecision(3)}GB` : bytes >= 1e6 ? `${(bytes / 1e6).toPrecision(3)}MB` : `${(bytes / 1e3).toPrecision(3)}kB`;
}

const USAGE = `Manage images

Available Commands:
  load          Load an image into minikube
  ls            List images
  pull          Pull images
  rm            Remove one or more images

Usage:
  minikube image [flags] [options]

Use "minikube <command> --help" for more information about a given command.
Use "minikube options" for a list of global command-line options (applies to all commands).
`;
