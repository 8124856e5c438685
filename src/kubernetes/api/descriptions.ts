import { DEFINITIONS, type Definition } from './schema.ts';

/**
 * What the API's types and fields are for, in Kubernetes' own words. They are long and rarely asked for, so they are no part of
 * the definitions: whoever runs the simulator says where the declarations of the package kubernetes-types (made from the API
 * server's OpenAPI document) can be had, and kubectl lets them be read before it asks for the schema.
 */
export type Declarations = () => Promise<Record<string, string>>;

export interface Description {
  description?: string;
  properties: Record<string, string>;
}

let source: Declarations | undefined;
let loading: Promise<void> | undefined;
const described = new Map<string, Description>();

/** `load` gives the text of each declaration file by its place in the package: `core/v1`, `meta/v1`. */
export function provideDescriptions(load: Declarations): void {
  source = load;
}

/** Reads them, once; without a source nothing is described. */
export function loadDescriptions(): Promise<void> {
  loading ??= (source?.() ?? Promise.resolve({} as Record<string, string>)).then((files) => {
    const names = new Map(Object.keys(DEFINITIONS).map((name) => [name.split('.').slice(-3).join('.'), name]));
    for (const [file, text] of Object.entries(files)) for (const [type, description] of parseDeclarations(text)) {
      const name = names.get(`${file.replace('/', '.')}.${type}`);
      if (name) described.set(name, description);
    }
  });
  return loading;
}

/** The definition with its descriptions, as far as they have been read. */
export function withDescriptions(name: string, definition: Definition): Definition {
  const found = described.get(name);
  if (!found) return definition;
  const properties = definition.properties && Object.fromEntries(Object.entries(definition.properties).map(([k, p]) => [k, found.properties[k] ? { ...p, description: found.properties[k] } : p]));
  return { ...definition, ...(found.description ? { description: found.description } : {}), ...(properties ? { properties } : {}) } as Definition;
}

/** Interfaces of a declaration file with the comments above them and above their members. */
export function parseDeclarations(text: string): Map<string, Description> {
  const out = new Map<string, Description>();
  let comment: string[] | undefined, inside = false, type: Description | undefined;
  for (const line of text.split('\n')) {
    const trimmed = line.trim();
    if (inside) {
      if (trimmed === '*/') inside = false;
      else comment!.push(trimmed.replace(/^\* ?/, ''));
      continue;
    }
    if (trimmed === '/**') {
      comment = [];
      inside = true;
      continue;
    }
    const said = comment?.join('\n').trimEnd();
    const [, name] = /^export (?:interface|type) (\w+)/.exec(line) ?? [];
    const [, field] = /^ {4}(?:readonly )?"?([\w$-]+)"?\??:/.exec(line) ?? [];
    if (name) out.set(name, (type = { ...(said ? { description: said } : {}), properties: {} }));
    else if (field && type && said) type.properties[field] = said;
    comment = undefined;
  }
  return out;
}
