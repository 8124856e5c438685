import { describe, expect, test } from 'vitest';
import { parseYaml } from '../../../src/programs/kubectl/yaml/parse.ts';
import { toYaml } from '../../../src/programs/kubectl/yaml/emit.ts';

describe('YAML as go-yaml reads it', () => {
  test.each([
    ['apiVersion: v1\nkind: Pod\nmetadata:\n\tname: tabs\n', 'yaml: line 4: found character that cannot start any token'],
    ['apiVersion: v1\nkind: Pod\nmetadata:\n  name: indent\n labels:\n  a: b\n', 'yaml: line 4: did not find expected key'],
    ['apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: colon\ndata:\n  a: b: c\n', 'yaml: line 6: mapping values are not allowed in this context'],
  ])('%j is a syntax error in the words of libyaml', (text, message) => {
    expect(() => parseYaml(text)).toThrow(message);
  });

  test('YAML 1.1 words are booleans, dates are text, the last of two equal keys wins', () => {
    expect(parseYaml('a: yes\nb: "yes"\nc: 010\nd: 2026-11-21\ne: 1.5\nf: ~\na: off\n')).toEqual({ a: false, b: 'yes', c: 8, d: '2026-11-21', e: 1.5, f: null });
  });

  test('anchors, block scalars and flow collections', () => {
    expect(parseYaml('base: &b {x: 1}\nall:\n- *b\n- [a, "b c"]\ntext: |\n  uno\n   dos\nfolded: >-\n  uno\n  dos\n')).toEqual({ base: { x: 1 }, all: [{ x: 1 }, ['a', 'b c']], text: 'uno\n dos\n', folded: 'uno dos' });
  });
});

test('what is written is quoted where go-yaml quotes it', () => {
  expect(toYaml({ b: 'true', a: '*/1 * * * *', c: '3600', d: '', e: [], f: {}, g: 'uno\ndos\n', h: ['x', { y: 1 }], i: '2026-11-21T08:21:27Z', j: null })).toBe(`a: '*/1 * * * *'
b: "true"
c: "3600"
d: ""
e: []
f: {}
g: |
  uno
  dos
h:
- x
- "y": 1
i: "2026-11-21T08:21:27Z"
j: null
`);
});
