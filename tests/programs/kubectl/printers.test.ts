import { expect, test } from 'vitest';
import { JsonPath } from '../../../src/programs/kubectl/printers/jsonpath.ts';
import { parseTemplate } from '../../../src/programs/kubectl/printers/go-template.ts';
import { align } from '../../../src/programs/kubectl/tabwriter.ts';

const pods = { items: [{ metadata: { name: 'a', labels: { 'app.kubernetes.io/name': 'x' } }, status: { phase: 'Running', podIP: '10.244.1.2' } }, { metadata: { name: 'b' }, status: { phase: 'Pending' } }] };

test.each([
  ['{.items[*].metadata.name}', 'a b'],
  ['{range .items[*]}{.metadata.name}{"\\t"}{.status.phase}{"\\n"}{end}', 'a\tRunning\nb\tPending\n'],
  ['{.items[?(@.status.phase=="Pending")].metadata.name}', 'b'],
  ['{.items[-1].metadata.name}', 'b'],
  ["{.items[0].metadata.labels['app\\.kubernetes\\.io/name']}", 'x'],
  ['{.items[0].metadata.labels.app\\.kubernetes\\.io/name}', 'x'],
  ['{..podIP}', '10.244.1.2'],
  ['{.items[0].status}', '{"phase":"Running","podIP":"10.244.1.2"}'],
  ['{.items[0].nada}', ''],
])('jsonpath %s', (path, text) => {
  expect(JsonPath.parse(path).print(pods)).toBe(text);
});

test('go-template', () => {
  const run = (text: string) => parseTemplate(text)(pods);
  expect(run('{{range .items}}{{.metadata.name}}{{if eq .status.phase "Running"}} ok{{else}} -{{end}}{{"\\n"}}{{end}}')).toBe('a ok\nb -\n');
  expect(run('{{len .items}} {{(index .items 0).metadata.name | printf "%-3s|"}}{{.nada}}')).toBe('2 a  |<no value>');
});

test('columns are as wide as their widest cell in a block of lines', () => {
  expect(align('a\tbbb\tc\naaaa\tb\tc\n\nx\ty\n')).toBe('a     bbb  c\naaaa  b    c\n\nx  y\n');
});
