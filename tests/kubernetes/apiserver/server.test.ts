import { describe, expect, test } from 'vitest';
import { core } from '../../../src/kubernetes/client/client.ts';
import type { WatchEvent } from '../../../src/kubernetes/apiserver/http.ts';
import { newTestServer } from './new-test-server.ts';

const configMap = (name: string, data: Record<string, string> = {}, labels?: Record<string, string>) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default', ...(labels ? { labels } : {}) }, data });

describe('the life of an object', () => {
  test('created, read, updated with its resourceVersion, deleted', () => {
    const { client } = newTestServer();
    const made = client.create(core('configmaps'), configMap('a', { k: '1' }));
    expect(made.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
    expect(made.metadata.creationTimestamp).toBe('2026-11-21T10:00:00Z');
    const changed = client.update(core('configmaps'), { ...made, data: { k: '2' } });
    expect(() => client.update(core('configmaps'), { ...made, data: { k: '3' } })).toThrow('Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again');
    expect(client.get(core('configmaps'), 'default', 'a')).toEqual(changed);
    client.delete(core('configmaps'), 'default', 'a');
    expect(() => client.get(core('configmaps'), 'default', 'a')).toThrow('configmaps "a" not found');
  });

  test('a watcher sees what its selector lets it see', () => {
    const { client, run } = newTestServer();
    const first = client.create(core('configmaps'), configMap('a', {}, { app: 'x' }));
    const events: string[] = [];
    const stop = client.watch(core('configmaps'), 'default', { resourceVersion: first.metadata.resourceVersion!, labelSelector: 'app=x' }, (e: WatchEvent) => events.push(`${e.type} ${e.object.metadata.name}`));
    client.create(core('configmaps'), configMap('b', {}, { app: 'x' }));
    client.create(core('configmaps'), configMap('c', {}, { app: 'y' }));
    expect(events).toEqual([]);
    run(10);
    client.patch(core('configmaps'), 'default', 'a', 'merge', { metadata: { labels: { app: 'y' } } });
    client.patch(core('configmaps'), 'default', 'c', 'merge', { metadata: { labels: { app: 'x' } } });
    run(10);
    stop();
    client.delete(core('configmaps'), 'default', 'b');
    run(10);
    expect(events).toEqual(['ADDED b', 'DELETED a', 'ADDED c']);
  });
});
