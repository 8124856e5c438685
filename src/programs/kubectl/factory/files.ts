// Manifests: files, directories, standard input and URLs, cut into documents and parsed (cli-runtime's FileVisitor and
// apimachinery's YAMLOrJSONDecoder).
import { FileError } from '../../../linux/files.ts';
import { KubectlError } from '../errors.ts';
import type { Kubectl } from '../kubectl.ts';
import { goJsonError } from '../../../kubernetes/api/go-json-error.ts';
import { parseYaml, YamlError } from '../yaml/parse.ts';

const EXTENSIONS = ['.json', '.yaml', '.yml'];

export interface Source {
  /** As messages name it: the path as it was typed, or STDIN. */
  name: string;
  read(): Promise<string>;
}

/** The files that -f names, expanded; throws for a path that does not exist. */
export async function sources(k: Kubectl, filenames: string[], recursive: boolean): Promise<{ sources: Source[]; dir: boolean; stream: boolean }> {
  const out: Source[] = [];
  let dir = false, stream = false;
  for (const name of filenames) {
    if (name === '-') {
      stream = true;
      out.push({ name: 'STDIN', read: () => k.process.readAll() });
    } else if (/^https?:\/\//.test(name)) {
      const { fetchUrl } = await import('./url.ts');
      stream = true;
      out.push({ name, read: () => fetchUrl(k, name) });
    } else {
      for (const path of expandGlob(k, name)) {
        const fd = /^\/dev\/(?:fd\/(\d+)|stdin)$/.exec(path);
        if (fd && k.process.fds.has(Number(fd[1] ?? 0))) {
          out.push({ name: path, read: () => readDescriptor(k, Number(fd[1] ?? 0)) });
          continue;
        }
        const found = k.process.fs.find(path, k.process.cwd);
        if (!found) throw new KubectlError(`the path "${path}" does not exist`);
        if (found.kind !== 'dir') out.push(file(k, path));
        else {
          dir = true;
          const before = out.length;
          walk(k, path.replace(/(.)\/$/, '$1'), recursive, true, out);
          if (out.length === before) throw new KubectlError(`error reading [${path}]: recognized file extensions are [.json .yaml .yml]`);
        }
      }
    }
  }
  return { sources: out, dir, stream };
}

function file(k: Kubectl, path: string): Source {
  return {
    name: path,
    read: () => {
      try {
        return Promise.resolve(k.process.fs.readFile(path, k.process.cwd));
      } catch (error) {
        if (error instanceof FileError) throw new KubectlError(`open ${path}: ${error.message.toLowerCase()}`);
        throw error;
      }
    },
  };
}

async function readDescriptor(k: Kubectl, fd: number): Promise<string> {
  let all = '';
  for (let piece; (piece = await k.process.stream(fd).read(k.process)) !== null; ) all += piece;
  return all;
}

function walk(k: Kubectl, dir: string, recursive: boolean, top: boolean, out: Source[]): void {
  if (!top && !recursive) return;
  for (const name of k.process.fs.readdir(dir, k.process.cwd)) {
    const path = dir === '.' ? name : `${dir}/${name}`;
    if (k.process.fs.find(path, k.process.cwd)?.kind === 'dir') walk(k, path, recursive, false, out);
    else if (EXTENSIONS.some((e) => name.endsWith(e))) out.push(file(k, path));
  }
}

/** kubectl expands patterns that the shell did not. */
function expandGlob(k: Kubectl, pattern: string): string[] {
  if (!/[*?[]/.test(pattern) || k.process.fs.exists(pattern, k.process.cwd)) return [pattern];
  const cut = pattern.lastIndexOf('/');
  const dir = cut < 0 ? '.' : pattern.slice(0, cut) || '/';
  const re = new RegExp(`^${pattern.slice(cut + 1).replace(/[.+^${}()|\\]/g, '\\$&').replaceAll('*', '[^/]*').replaceAll('?', '[^/]')}$`);
  try {
    const names = k.process.fs.readdir(dir, k.process.cwd).filter((n) => re.test(n));
    if (names.length > 0) return names.map((n) => (cut < 0 ? n : `${pattern.slice(0, cut)}/${n}`));
  } catch {
    // no such directory: said below
  }
  throw new KubectlError(`the path "${pattern}" does not exist`);
}

/** The documents of a manifest as values; empty ones are left out. Throws "error parsing …". */
export function* documents(text: string, source: string): Generator<unknown> {
  if (/^\s*\{/.test(text.slice(0, 1024))) {
    yield* jsonStream(text, source);
    return;
  }
  for (const part of splitYaml(text, source)) {
    try {
      const value = parseYaml(part) as unknown;
      if (value !== null && value !== undefined) yield value;
    } catch (error) {
      if (error instanceof YamlError) throw new KubectlError(`error parsing ${source}: error converting YAML to JSON: ${error.message}`);
      throw error;
    }
  }
}

/** YAMLReader (apimachinery/pkg/util/yaml): a line that begins with `---` ends a document, and every line ends with a newline. */
function* splitYaml(text: string, source: string): Generator<string> {
  let document = '';
  for (const line of text.replace(/\n$/, '').split(/\r?\n/)) {
    if (!line.startsWith('---')) {
      document += `${line}\n`;
      continue;
    }
    const after = line.slice(3).trim();
    if (after !== '' && !after.startsWith('#')) throw new KubectlError(`error parsing ${source}: invalid Yaml document separator: ${after}`);
    if (document !== '') yield document;
    document = '';
  }
  if (document !== '') yield document;
}

/** JSON values one after the other. */
function* jsonStream(text: string, source: string): Generator<unknown> {
  let rest = text, offset = 0;
  while (rest.trim() !== '') {
    const end = jsonEnd(rest);
    const piece = rest.slice(0, end);
    let value: unknown;
    try {
      value = JSON.parse(piece);
    } catch {
      const { at, message } = goJsonError(piece);
      throw new KubectlError(`error parsing ${source}: json: offset ${offset + at}: ${message}`.replace(/json: offset \d+: unexpected EOF/, 'unexpected EOF'));
    }
    yield value;
    offset += end;
    rest = rest.slice(end);
    if (rest.trim() !== '' && !/^\s*\{/.test(rest)) {
      yield* documents(rest.replace(/^\s*---/, ''), source);
      return;
    }
  }
}

function jsonEnd(text: string): number {
  let depth = 0, inString = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (inString) {
      if (c === '\\') i++;
      else if (c === '"') inString = false;
    } else if (c === '"') inString = true;
    else if (c === '{' || c === '[') depth++;
    else if ((c === '}' || c === ']') && --depth === 0) return i + 1;
  }
  return text.length;
}
