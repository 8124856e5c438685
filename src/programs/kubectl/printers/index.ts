// -o: which printer (genericclioptions.PrintFlags).
import type { KubeObject } from '../../../kubernetes/api/types.ts';
import { KubectlError } from '../errors.ts';
import type { Kubectl } from '../kubectl.ts';
import { toYaml } from '../yaml/emit.ts';
import { toJson, toTypedJson } from './json.ts';

/** Text for one object (or a List). */
export type Print = (object: KubeObject, options?: { typed?: boolean }) => string;

const GENERIC = ['json', 'yaml', 'name', 'go-template', 'go-template-file', 'template', 'templatefile', 'jsonpath', 'jsonpath-as-json', 'jsonpath-file'];

/**
 * The printer that -o, --template and --show-managed-fields ask for. Without -o it says `RESOURCE/NAME <operation>`.
 * Throws for a format that does not exist.
 */
export async function printer(k: Kubectl, operation: string, allowed: readonly string[] = GENERIC, output = k.flags.string('output')): Promise<Print> {
  const template = k.flags.string('template');
  const format = output === '' && template !== '' ? 'go-template' : output;
  const managed = k.flags.bool('show-managed-fields');
  const clean = (object: KubeObject) => (managed ? object : withoutManagedFields(object));
  switch (format.toLowerCase()) {
    case '':
      return namePrinter(operation);
    case 'name':
      return namePrinter('');
    case 'json':
      return (object, { typed = false } = {}) => (typed ? toTypedJson : toJson)(clean(object));
    case 'yaml':
      return yamlPrinter(clean);
  }
  const [, kind, argument] = /^(jsonpath-as-json|jsonpath-file|jsonpath|go-template-file|go-template|templatefile|template)(?:=([^]*))?$/.exec(format) ?? [];
  if (!kind) throw unknownFormat(format, allowed);
  const text = argument ?? template;
  if (kind.startsWith('jsonpath')) {
    const { JsonPath } = await import('./jsonpath.ts');
    if (text === '') throw new KubectlError('template format specified but no template given');
    const source = kind === 'jsonpath-file' ? readTemplate(k, text) : text;
    const path = JsonPath.parse(source);
    if (kind === 'jsonpath-as-json') return (object) => `${JSON.stringify(path.values(object), null, 4)}\n`;
    const allowMissing = k.flags.lookup('allow-missing-template-keys') === undefined || k.flags.bool('allow-missing-template-keys');
    return (object) => path.print(object, { allowMissing });
  }
  if (text === '') throw new KubectlError('template format specified but no template given');
  const { parseTemplate } = await import('./go-template.ts');
  const run = parseTemplate(kind.endsWith('file') ? readTemplate(k, text) : text);
  return (object) => run(object);
}

function unknownFormat(format: string, allowed: readonly string[]): KubectlError {
  return new KubectlError(`unable to match a printer suitable for the output format "${format}", allowed formats are: ${[...allowed].sort().join(',')}`);
}

function readTemplate(k: Kubectl, path: string): string {
  try {
    return k.process.fs.readFile(path, k.process.cwd);
  } catch (error) {
    throw new KubectlError(`error reading --template ${path}, open ${path}: ${(error as Error).message.toLowerCase()}\n`);
  }
}

/** `pod/web created`, or only the name without an operation. */
export function namePrinter(operation: string): Print {
  return (object) => {
    if (Array.isArray(object['items'])) return (object['items'] as KubeObject[]).map((o) => namePrinter(operation)(o)).join('');
    return `${resourceName(object)}${operation ? ` ${operation}` : ''}\n`;
  };
}

/** deployment.apps/web */
export function resourceName(object: KubeObject): string {
  const group = object.apiVersion?.includes('/') ? object.apiVersion.split('/')[0]! : '';
  return `${(object.kind ?? '').toLowerCase()}${group ? `.${group}` : ''}/${object.metadata?.name || '<unknown>'}`;
}

/** Documents after the first are separated by `---`. */
function yamlPrinter(clean: (object: KubeObject) => KubeObject = withoutManagedFields): Print {
  let count = 0;
  return (object) => `${count++ > 0 ? '---\n' : ''}${toYaml(clean(object))}`;
}

export function withoutManagedFields(object: KubeObject): KubeObject {
  if (Array.isArray(object['items'])) {
    const items = object['items'] as KubeObject[];
    return items.some((o) => o?.metadata?.managedFields) ? { ...object, items: items.map(withoutManagedFields) } : object;
  }
  if (!object.metadata?.managedFields) return object;
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}
