import { fileURLToPath } from 'node:url';
import { defineConfig } from 'astro/config';
import starlight from '@astrojs/starlight';
import { modules } from './src/course.ts';
import { chunkOf } from './src/components/chunks.ts';
import { isolatingProxy, isolation } from './src/components/isolated-pages.ts';
import { labsOnDisk, lessonsOnDisk } from './src/components/on-disk.ts';

/** One group a module that has lessons; adding a module is a folder in content/ and a line in src/course.ts. */
const lessons = modules
  .map(({ slug, title }) => ({ label: title, items: lessonsOnDisk(slug).map((id) => ({ slug: id })) }))
  .filter(({ items }) => items.length > 0);

/** Pages beside the course that one comes back to. */
const reference = [
  { slug: 'glosario' },
  {
    label: 'Lo que dicen los apuntes',
    items: [
      { slug: 'lo-que-dicen-los-apuntes', label: 'Por qué esta lista' },
      ...lessonsOnDisk('lo-que-dicen-los-apuntes').map((slug) => ({ slug })),
    ],
  },
  { slug: 'escenarios' },
];

const labs = labsOnDisk().map(({ id, title }) => ({ label: title, link: `/labs/${id}/` }));

const site = 'https://de-curl-al-pod.example';

export default defineConfig({
  site,
  trailingSlash: 'always',
  server: { host: '127.0.0.1', port: 4321 },
  devToolbar: { enabled: false },
  integrations: [
    isolation(),
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
      head: [
        { tag: 'meta', attrs: { property: 'og:image', content: `${site}/tarjeta.png` } },
        { tag: 'meta', attrs: { property: 'og:image:width', content: '1200' } },
        { tag: 'meta', attrs: { property: 'og:image:height', content: '630' } },
        { tag: 'meta', attrs: { property: 'og:image:alt', content: 'De curl al Pod: Kubernetes por dentro, paquete a paquete' } },
        { tag: 'meta', attrs: { name: 'twitter:image', content: `${site}/tarjeta.png` } },
      ],
      sidebar: [
        { label: 'El curso', link: '/curso/' },
        ...lessons,
        ...(labs.length > 0 ? [{ label: 'Laboratorios', items: labs }] : []),
        { label: 'Para tener a mano', items: reference },
      ],
      // Asides (:::note) are Markdown of the lessons, which are not where Starlight expects them.
      markdown: { processedDirs: ['./content/'], headingLinks: false },
      disable404Route: true,
      credits: false,
      lastUpdated: false,
    }),
  ],
  vite: {
    server: { proxy: isolatingProxy() },
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
