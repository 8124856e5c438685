import { defineCollection } from 'astro:content';
import { glob } from 'astro/loaders';
import { z } from 'astro/zod';
import { docsSchema } from '@astrojs/starlight/schema';
import { modules } from './course.ts';

const slugs = modules.map(({ slug }) => slug) as [string, ...string[]];

/** Front matter of a lesson, content/<module>/<lesson>.mdx. The messages are for authors. */
const lesson = z.object({
  module: z
    .enum(slugs, { error: `«module» debe ser la carpeta de un módulo de src/course.ts: ${slugs.join(', ')}.` })
    .optional(),
  order: z.number({ error: '«order» debe ser un número: el lugar de la lección en su módulo (1, 2, 3…).' }).optional(),
  minutes: z
    .number({ error: '«minutes» debe ser un número: lo que dura la lección, de 5 a 15.' })
    .min(1, { error: '«minutes» debe ser al menos 1.' })
    .max(60, { error: '«minutes» pasa de 60: parte la lección en dos.' })
    .optional(),
  scenario: z
    .string({ error: '«scenario» debe ser el nombre de un escenario, por ejemplo: scenario: kind-podman' })
    .optional(),
  lab: z.string().optional(),
  files: z
    .array(z.string(), { error: '«files» debe ser una lista de archivos o carpetas, contados desde la carpeta del módulo: files: [ejemplos/01-arquitectura-general]' })
    .optional(),
});

export const collections = {
  docs: defineCollection({
    loader: glob({ base: './content', pattern: ['**/[^_]*.{md,mdx}', '!**/ejemplos/**'] }),
    schema: (context) =>
      docsSchema({ extend: lesson })(context)
        .superRefine((data, check) => {
          if (data.template !== 'doc' || !data.module) return;
          for (const key of ['description', 'order', 'minutes', 'scenario'] as const) {
            if (data[key] === undefined) {
              check.addIssue({ code: 'custom', path: [key], message: `Falta «${key}» en la cabecera de la lección. Añade una línea, por ejemplo: ${EXAMPLES[key]}` });
            }
          }
        })
        .transform((data) => ({ ...data, sidebar: { ...data.sidebar, order: data.sidebar.order ?? data.order } })),
  }),
};

const EXAMPLES = {
  description: 'description: Qué podrás hacer al terminar',
  order: 'order: 3',
  minutes: 'minutes: 10',
  scenario: 'scenario: kind-podman',
};
