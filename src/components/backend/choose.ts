/** The best way to run the student's code in this page. */
import type { NodePort } from './port.ts';
import { Sandbox } from './sandbox.ts';
import { WebContainer } from './web-container.ts';

/** `instead`: why it is not the real Node.js. */
export async function choosePort(tell: (what: string) => void): Promise<{ port: NodePort; instead: string | undefined }> {
  try {
    tell('Arrancando Node.js…');
    const port = new WebContainer();
    await port.boot();
    return { port, instead: undefined };
  } catch (error) {
    const port = new Sandbox();
    await port.boot();
    return { port, instead: error instanceof Error ? error.message : String(error) };
  }
}
