// kubectl explain, from the server's own OpenAPI v3 documents.
import { loadDescriptions } from '../../../kubernetes/api/descriptions.ts';
import type { Command } from '../cli.ts';
import { KubectlError, NoResourceMatch, StatusError } from '../errors.ts';
import { apiVersionOf } from '../factory/mapper.ts';
import type { Kubectl } from '../kubectl.ts';

/* eslint-disable @typescript-eslint/no-explicit-any */
export async function run(k: Kubectl, command: Command): Promise<void> {
  const { args, flags } = command;
  if (args.length === 0) throw new KubectlError('You must specify the type of resource to explain. Use "kubectl api-resources" for a complete list of supported resources.');
  if (args.length > 1) throw new KubectlError('We accept only this format: explain RESOURCE');
  const output = flags.string('output');
  if (!['plaintext', 'plaintext-openapiv2', 'html', 'md', 'json', ''].includes(output)) throw new KubectlError(`unrecognized format: ${output}`);
  const odd = /[^\w.\-/[\]'"*\\]/.exec(args[0]!)?.[0];
  if (odd) throw new KubectlError(`unrecognized character in action: U+${odd.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')} '${odd}'`);
  const words = args[0]!.replace(/\.$/, '').split('.');
  let mapping = await k.mapper.find(words[0]!), fields = words.slice(1);
  for (let n = words.length; n > 1 && !mapping; n--) {
    mapping = await k.mapper.find(words.slice(0, n).join('.'));
    fields = words.slice(n);
  }
  if (!mapping) throw new NoResourceMatch({ group: '', version: '', resource: words[0]! });
  let version = apiVersionOf(mapping), kind = mapping.kind;
  const wanted = flags.string('api-version');
  if (wanted && wanted !== version) {
    const gvr = `"${wanted.includes('/') ? wanted : `/${wanted}`}, Resource=${mapping.resource}"`;
    try {
      const r = (await k.discovery.groups()).some((g) => g.versions.some((v) => (g.name ? `${g.name}/${v}` : v) === wanted)) ? (await k.discovery.resources(wanted)).find((x) => x.name === mapping.resource) : undefined;
      if (!r) throw new KubectlError(`couldn't find resource for ${gvr}`);
      kind = r.kind;
      version = wanted;
    } catch (error) {
      if (error instanceof StatusError) throw new KubectlError(`couldn't find resource for ${gvr}`);
      throw error;
    }
  }
  const [group, v] = version.includes('/') ? version.split('/') : ['', version];
  await k.process.world.tasks.outside(loadDescriptions());
  const document = (await k.rest.get(group ? `/openapi/v3/apis/${version}` : `/openapi/v3/api/${version}`)) as any;
  const schemas = document.components?.schemas ?? {};
  const root = Object.values<any>(schemas).find((s) => (s['x-kubernetes-group-version-kind'] ?? []).some((g: any) => g.group === group && g.version === v && g.kind === kind));
  if (!root) throw new KubectlError(`GVR (${group ? `${group}/${v}` : `/${v}`}, Resource=${mapping.resource}) not found in OpenAPI schema`);
  if (output === 'plaintext-openapiv2') return void k.out(new OldExplainer(schemas).explain(root, fields, kind, version, flags.bool('recursive')));
  let out = `${group ? `GROUP:      ${group}\n` : ''}KIND:       ${kind}\nVERSION:    ${v}\n\n`;
  const explain = new Explainer(schemas);
  let schema: any = root, field: any, name = '';
  for (const f of fields) {
    const inner = explain.inner(schema);
    const next = Object.hasOwn(inner.properties ?? {}, f) ? inner.properties[f] : undefined;
    if (!next) {
      k.out(out);
      throw new KubectlError(`field "${f}" does not exist`);
    }
    field = next;
    name = f;
    schema = next;
  }
  if (field) out += `FIELD: ${name} <${explain.type(field)}>\n\n`;
  out += explain.description(schema, field !== undefined);
  const inner = explain.inner(schema);
  if (!inner.properties) out += out.endsWith('<empty>\n') ? '' : '\n';
  else out += `FIELDS:\n${explain.fields(inner, 1, flags.bool('recursive'), [])}`;
  k.out(`${out}\n`);
}

class Explainer {
  readonly #schemas: Record<string, any>;
  constructor(schemas: Record<string, any>) {
    this.#schemas = schemas;
  }

  deref(s: any): any {
    const ref = s?.$ref ?? s?.allOf?.[0]?.$ref;
    return ref ? (this.#schemas[ref.split('/').at(-1)!] ?? {}) : s;
  }

  /** The object whose fields a schema leads to, through references, lists and maps. */
  inner(s: any): any {
    const to = this.deref(s);
    if (to.properties) return to;
    if (to.items) return this.inner(to.items);
    if (to.additionalProperties && typeof to.additionalProperties === 'object') return this.inner(to.additionalProperties);
    return to;
  }

  /** typeGuess of plaintext.tmpl: of a reference its name, if it leads to no simple type. */
  type(s: any): string {
    if (s?.items) return `[]${this.type(s.items)}`;
    if (s?.additionalProperties && typeof s.additionalProperties === 'object') return `map[string]${this.type(s.additionalProperties)}`;
    const ref = s?.$ref ?? (s?.properties ? undefined : s?.allOf?.[0]?.$ref);
    if (ref) {
      const { type } = this.deref(s);
      return !type || type === 'object' ? ref.split('.').at(-1)! : type;
    }
    return s?.type === 'object' ? 'Object' : (s?.type ?? 'Object');
  }

  description(s: any, isField: boolean): string {
    const own = s.description ?? '', to = this.deref(s), inner = isField ? this.inner(s) : to;
    const texts = [own, ...(inner !== s && inner.description && inner.description !== own ? [inner.description] : [])].filter(Boolean);
    return texts.length > 0 ? `DESCRIPTION:\n${texts.map((t) => `${wrap(t, 4)}\n`).join('')}    \n` : 'DESCRIPTION:\n    <empty>\n';
  }

  fields(s: any, level: number, recursive: boolean, seen: any[]): string {
    const required = new Set<string>(s.required ?? []);
    const pad = '  '.repeat(level);
    let out = '';
    for (const name of Object.keys(s.properties ?? {}).sort()) {
      const f = s.properties[name], inner = this.inner(f);
      out += `${pad}${name}\t<${this.type(f)}>${required.has(name) ? ' -required-' : ''}\n`;
      if (!recursive) out += `${wrap(f.description ?? inner.description ?? '<no description>', 4)}\n\n`;
      else if (inner.properties && !seen.includes(inner)) out += this.fields(inner, level + 1, true, [...seen, inner]);
    }
    return out;
  }
}

/** The form of kubectl before 1.27 (pkg/explain): two lines of heading, texts five columns in. */
class OldExplainer extends Explainer {
  explain(root: any, path: string[], kind: string, version: string, recursive: boolean): string {
    let schema = root, text: string | undefined, heading = '';
    for (const name of path) {
      const next = this.inner(schema).properties?.[name];
      if (!next) throw new KubectlError(`field "${name}" does not exist`);
      heading = `${this.inner(next).properties ? 'RESOURCE' : 'FIELD'}:${this.inner(next).properties ? '' : '   '} ${name} <${this.type(next)}>\n\n`;
      text = next.description;
      schema = next;
    }
    const inner = this.inner(schema);
    const texts = [text, inner.properties && inner.description !== text ? inner.description : undefined].filter((t): t is string => Boolean(t));
    const body = texts.length > 0 ? texts.map((t) => `${wrap(t, 5)}\n`).join('\n') : '     <empty>\n';
    const out = `KIND:     ${kind}\nVERSION:  ${version}\n\n${heading}DESCRIPTION:\n${body}`;
    return inner.properties ? `${out}\nFIELDS:\n${this.list(inner, 1, recursive, [])}` : out;
  }

  override type(s: any): string {
    if (s?.type === 'array') return `[]${this.type(s.items)}`;
    if (s?.type === 'object' && typeof s.additionalProperties === 'object') return `map[string]${this.type(s.additionalProperties)}`;
    const to = this.deref(s);
    return to?.properties ? 'Object' : to?.type === 'object' ? 'Object' : (to?.type ?? (to?.oneOf ? 'string' : 'Object'));
  }

  list(s: any, level: number, recursive: boolean, seen: any[]): string {
    const required = new Set<string>(s.required ?? []);
    return Object.keys(s.properties ?? {}).sort().map((name) => {
      const f = s.properties[name], inner = this.inner(f), head = `${'   '.repeat(level)}${name}\t<${this.type(f)}>${required.has(name) ? ' -required-' : ''}\n`;
      if (!recursive) return `${head}${f.description ?? inner.description ? `${wrap(f.description ?? inner.description, 5)}\n` : ''}\n`;
      return head + (inner.properties && !seen.includes(inner) ? this.list(inner, level + 1, true, [...seen, inner]) : '');
    }).join('');
  }
}

/** Lines of at most 80 columns, indented. */
function wrap(text: string, indent: number): string {
  const pad = ' '.repeat(indent), width = 80 - indent;
  return text.split('\n').map((line) => {
    const out: string[] = [];
    let current = '';
    for (const word of line.split(/(?<=\S)(?=\s)|(?<=\s)(?=\S)/)) {
      if (current.trimEnd().length + 0 && (current + word).length > width && word.trim() !== '') {
        out.push(current.trimEnd());
        current = '';
      }
      current += current === '' && word.trim() === '' && out.length > 0 ? '' : word;
    }
    out.push(current.trimEnd());
    return out.map((l) => pad + l).join('\n');
  }).join('\n');
}
