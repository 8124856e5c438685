/** The course as the pages list it: modules that have lessons, with these in their order. Build time only. */
import { modules } from '../course.ts';

/** A page of content/, as getCollection('docs') gives it. */
interface Page {
  id: string;
  data: {
    title: string;
    description?: string | undefined;
    module?: string | undefined;
    order?: number | undefined;
    minutes?: number | undefined;
  };
}

export function courseIndex<T extends Page>(pages: readonly T[]): { slug: string; title: string; summary: string; lessons: T[] }[] {
  return modules
    .map((module) => ({
      ...module,
      lessons: pages.filter(({ data }) => data.module === module.slug).sort((a, b) => (a.data.order ?? 0) - (b.data.order ?? 0)),
    }))
    .filter(({ lessons }) => lessons.length > 0);
}
