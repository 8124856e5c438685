import { expect, test } from 'vitest';
import '../../../src/terminal/descriptions.ts';
import { loadDescriptions, parseDeclarations, withDescriptions } from '../../../src/kubernetes/api/descriptions.ts';
import { DEFINITIONS } from '../../../src/kubernetes/api/schema.ts';

test('comments of declarations are the descriptions of types and fields', () => {
  const types = parseDeclarations('/**\n * A thing.\n *\n * Of two paragraphs.\n */\nexport interface Thing {\n    /**\n     * Its name.\n     */\n    readonly name?: string;\n    other: string;\n}\n');
  expect(types.get('Thing')).toEqual({ description: 'A thing.\n\nOf two paragraphs.', properties: { name: 'Its name.' } });
});

test('what explain prints of a Pod comes from the declarations of kubernetes-types, as the page finds them', async () => {
  await loadDescriptions();
  const pod = withDescriptions('io.k8s.api.core.v1.Pod', DEFINITIONS['io.k8s.api.core.v1.Pod']!) as { description?: string; properties?: Record<string, { description?: string }> };
  expect(pod.description).toContain('collection of containers');
  expect(pod.properties?.['status']?.description).toContain('Most recently observed status');
});
