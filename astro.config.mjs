import { fileURLToPath } from 'node:url';
import { defineConfig } from 'astro/config';
import starlight from '@astrojs/starlight';
import { modules } from './src/course.ts';
import { chunkOf } from './src/components/chunks.ts';
import { labsOnDisk, lessonsOnDisk } from './src/components/on-disk.ts';

/** One group a module that has lessons; adding a module is a folder in content/ and a line in src/course.ts. */
const lessons = modules
  .map(({ slug, title }) => ({ label: title, items: lessonsOnDisk(slug).map((id) => ({ slug: id })) }))
  .filter(({ items }) => items.length > 0);

const labs = labsOnDisk().map(({ id, title }) => ({ label: title, link: `/labs/${id}/` }));

export default defineConfig({
  site: 'https://de-curl-al-pod.example',
  trailingSlash: 'always',
  server: { host: '127.0.0.1', port: 4321 },
  devToolbar: { enabled: false },
  integrations: [
    starlight({
      title: 'De curl al Pod',
      description: 'Redes de Kubernetes en español, con un cluster simulado en cada página.',
      locales: { root: { label: 'Español', lang: 'es' } },
      defaultLocale: 'root',
      favicon: '/favicon.svg',
      customCss: ['./src/styles/theme.css', './src/styles/lesson.css'],
      components: {
        PageFrame: './src/layouts/PageFrame.astro',
        PageTitle: './src/layouts/PageTitle.astro',
        SiteTitle: './src/layouts/SiteTitle.astro',
      },
      sidebar: [...lessons, ...(labs.length > 0 ? [{ label: 'Laboratorios', items: labs }] : [])],
      disable404Route: true,
      credits: false,
      lastUpdated: false,
    }),
  ],
  vite: {
    worker: {
      format: 'es',
      rolldownOptions: {
        output: { codeSplitting: { groups: [{ debugName: 'simulator', name: chunkOf }], includeDependenciesRecursively: false } },
      },
    },
    resolve: {
      alias: [
        { find: '@curso', replacement: fileURLToPath(new URL('./src/components/lesson.ts', import.meta.url)) },
        { find: /^@pagefind\/default-ui$/, replacement: fileURLToPath(new URL('./src/components/search-ui.ts', import.meta.url)) },
      ],
    },
  },
});
