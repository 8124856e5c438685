import type { Lab } from './protocol.ts';

/** The lab that the page carries, read and checked when the course was built. */
export function labOfPage(): Lab | undefined {
  const lab = document.querySelector('#laboratorio')?.textContent;
  return lab ? (JSON.parse(lab) as Lab) : undefined;
}

/** Files that the lesson of the page brings. */
export function filesOfPage(): Record<string, string> | undefined {
  const files = document.querySelector('#archivos-de-la-leccion')?.textContent;
  return files ? (JSON.parse(files) as Record<string, string>) : undefined;
}
