/** How code is shown, in Markdown and in the `Ejemplo` component: a file of its own because a component's options must be importable. */
import { defineEcConfig } from '@astrojs/starlight/expressive-code';
import { consoleBlocks } from './src/components/console-blocks.ts';

export default defineEcConfig({
  plugins: [consoleBlocks()],
  themes: ['github-dark', 'github-light'],
  styleOverrides: {
    borderRadius: '0.5rem',
    borderColor: 'var(--line)',
    codeBackground: 'var(--screen)',
    frames: { shadowColor: 'transparent', terminalBackground: 'var(--screen)', editorBackground: 'var(--screen)' },
  },
});
