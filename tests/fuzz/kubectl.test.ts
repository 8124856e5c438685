import { describe } from 'vitest';
import { KubectlError } from '../../src/programs/kubectl/errors.ts';
import { find, specsOf } from '../../src/programs/kubectl/cli.ts';
import { FlagError, Flags, flagSpecs, HelpWanted } from '../../src/programs/kubectl/flags.ts';
import { GLOBAL_FLAGS } from '../../src/programs/kubectl/spec/index.ts';
import { CustomColumns } from '../../src/programs/kubectl/printers/custom-columns.ts';
import { parseTemplate } from '../../src/programs/kubectl/printers/go-template.ts';
import { JsonPath } from '../../src/programs/kubectl/printers/jsonpath.ts';
import { TabWriter } from '../../src/programs/kubectl/tabwriter.ts';
import { toYaml } from '../../src/programs/kubectl/yaml/emit.ts';
import { parseYaml } from '../../src/kubernetes/yaml/parse.ts';
import { type Draw, fuzz, linear } from './fuzz.ts';

const POD = {
  apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace: 'default', labels: { app: 'web', 'a.b/c': 'd' }, annotations: {} },
  spec: { containers: [{ name: 'c', image: 'nginx', ports: [{ containerPort: 80 }, { containerPort: 443 }] }, { name: 'd', image: 'busybox' }], nodeName: null, hostNetwork: false },
  status: { podIP: '10.244.1.2', conditions: [{ type: 'Ready', status: 'True' }] },
};
const LIST = { kind: 'List', apiVersion: 'v1', items: [POD, { ...POD, metadata: { name: 'two' } }, {}] };

const JSONPATH = ['{', '}', '.', '..', '[', ']', '*', '@', '$', '?(', ')', '==', '!=', '<', '>=', '&&', '||', "'", '"', ',', ':', '-1', '0', '1', 'metadata', 'name', 'items', 'spec', 'containers', 'range ', 'end', '"\\n"', ' ', '\\.', 'labels', '/', '=~', '&'];
const TEMPLATE = ['{{', '}}', '{{-', '-}}', ' ', '.', '.items', '.metadata.name', 'range ', 'end', 'if ', 'else', 'else if ', 'with ', 'define "x"', 'template "x"', 'block "y" .', '$x', ':=', '=', '|', 'printf ', '"%s %d %v %q"', 'index ', 'len ', 'eq ', 'and ', 'or ', 'not ', 'print ', '(', ')', '1', '"a"', '`b`', 'base64decode ', 'slice ', 'html ', 'js ', 'lt ', '/* c */', '\n', 'break', 'continue', 'nil', 'true', "'c'", '.a.b', '$'];
const WORDS = ['kubectl', 'get', 'pods', 'describe', 'create', 'deployment', 'secret', 'generic', '-n', '--namespace', '--namespace=default', '-o', '-ojson', '-oyaml', 'wide', '-A', '--', '-', '--dry-run', '--dry-run=client', '-l', 'app=web', '-f', '-', '--replicas', '3', '--replicas=x', '-it', '-itn', '--rm', '--from-literal=a=b', '--port', '80', '--no-headers', '--no-headers=maybe', '--sort-by', '.metadata.name', 'rollout', 'status', 'config', 'set-context', '--current', '--timeout=1h2m', '--timeout', '-h', '--help', '--v=9', '-v9', 'run', 'exec', 'web', '-c', 'sh', '--as', '=', '--=', '---x', '-=', '--image', 'nginx', 'apply', '-k', 'auth', 'can-i', '--list', 'set', 'image', 'a=b'];

const path = (d: Draw) => (d.chance(0.5) ? d.words(JSONPATH, 14) : d.spoilt(['{.items[*].metadata.name}', '{range .items[*]}{.metadata.name}{"\\t"}{.status.podIP}{"\\n"}{end}', "{.items[?(@.metadata.name=='web')].spec.containers[0:2].image}", '{..name}', "{.metadata.labels.a\\.b/c}{['metadata','spec']}", '{.items[-1:].metadata.name}']));
const template = (d: Draw) => (d.chance(0.6) ? d.words(TEMPLATE, 16) : d.spoilt(['{{range .items}}{{.metadata.name}}{{"\\n"}}{{end}}', '{{if and (eq .kind "Pod") .metadata}}{{printf "%s" .metadata.name}}{{else}}x{{end}}', '{{with $x := .spec}}{{range $i, $c := $x.containers}}{{$i}}{{$c.name}}{{end}}{{end}}', '{{define "a"}}{{.}}{{end}}{{template "a" .metadata}}', '{{.metadata.labels | len}}{{index .spec.containers 0 "name"}}{{- /* c */ -}}']));

describe('kubectl reads', () => {
  fuzz('jsonpath', path, (text) => JsonPath.parse(text).print(text.length % 2 ? POD : LIST), [KubectlError]);
  fuzz('jsonpath, relaxed', path, (text) => JsonPath.relaxed(text).values(LIST, { allowMissing: text.length % 2 === 0 }), [KubectlError]);
  fuzz('go-template', template, (text) => parseTemplate(text)(text.length % 2 ? POD : LIST), [KubectlError]);
  fuzz('custom-columns', (d) => d.words(['NAME', ':', ',', '.metadata.name', 'metadata.labels', '.spec.containers[*].image', 'A B', ...JSONPATH], 10), (text) => {
    const out = new TabWriter({ minWidth: 6, tabWidth: 4, padding: 3 } as never);
    CustomColumns.parse(text, false).print(LIST as never, out);
  }, [KubectlError]);
  fuzz('custom-columns-file', (d) => d.words(['NAME', ' ', '\n', '.metadata.name', 'metadata.labels', '\t', ...JSONPATH], 10), (text) => {
    CustomColumns.parseTemplate(text, false).print(LIST as never, new TabWriter({ minWidth: 6, tabWidth: 4, padding: 3 } as never));
  }, [KubectlError]);
  fuzz('flags', (d) => d.times(8, () => (d.chance(0.15) ? d.text(8) : d.pick(WORDS))), (argv) => {
    const { spec, rest } = find(argv);
    const flags = new Flags([...specsOf(spec), ...flagSpecs(GLOBAL_FLAGS)]);
    flags.parse(rest);
    for (const { name } of flags.all()) void [flags.string(name), flags.bool(name), flags.int(name), flags.duration(name), flags.list(name)];
  }, [FlagError, HelpWanted]);
  fuzz('objects, which it prints as YAML that says the same', (d) => ({ v: d.json(4), w: d.json(2) }), (value) => {
    const text = toYaml(value), again: unknown = parseYaml(text);
    if (JSON.stringify(sorted(again)) !== JSON.stringify(sorted(value))) throw new Error(`as YAML:\n${text}\nis read as ${JSON.stringify(again)}`);
  });
});

describe('in time', () => {
  linear('jsonpath of brackets', (n) => `{${'['.repeat(n)}`, (t) => JsonPath.parse(t));
  linear('jsonpath of many parts', (n) => '{.a}'.repeat(n), (t) => JsonPath.parse(t).print(POD));
  linear('jsonpath of fields', (n) => `{${'.a'.repeat(n)}}`, (t) => JsonPath.parse(t).print(POD));
  linear('go-template of many parts', (n) => '{{.a}}'.repeat(n), (t) => parseTemplate(t)(POD));
  linear('go-template of brackets', (n) => `{{${'('.repeat(n)}`, (t) => parseTemplate(t)(POD));
  linear('go-template, nested', (n) => '{{if .a}}'.repeat(n) + '{{end}}'.repeat(n), (t) => parseTemplate(t)(POD), 500);
  linear('custom columns', (n) => 'A:.a,'.repeat(n) + 'A:.a', (t) => CustomColumns.parse(t, false));
});

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.keys(value).sort().map((k) => [k, sorted((value as Record<string, unknown>)[k])]));
}
