import { definePlugin, type ExpressiveCodePlugin } from 'astro-expressive-code';

export function consoleBlocks(): ExpressiveCodePlugin {
  return definePlugin({ name: 'console', hooks: {} });
}
