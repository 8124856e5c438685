/** Where the page finds what the API's fields are for: a piece of its own, fetched when somebody asks `kubectl explain`. */
import { provideDescriptions } from '../kubernetes/api/descriptions.ts';

const files = import.meta.glob<string>('/node_modules/kubernetes-types/*/*.d.ts', { query: '?raw', import: 'default' });

provideDescriptions(async () =>
  Object.fromEntries(
    await Promise.all(
      Object.entries(files).map(
        async ([path, load]) => [path.replace(/^.*kubernetes-types\//, '').replace(/\.d\.ts$/, ''), await load()] as const,
      ),
    ),
  ),
);
