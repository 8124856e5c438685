import { Killed, type Process, type Program } from '../../linux/process.ts';
import { Kubectl } from './kubectl.ts';
import { execute } from './cli.ts';
import { httpConnect } from './transport.ts';
import type { Connect } from './rest.ts';

/** kubectl v1.28, reaching the API server through the machine's network. */
export const main: Program = kubectl(httpConnect);

/** kubectl over some other way to the API server (tests). */
export function kubectl(connect: Connect): Program {
  return async (process: Process): Promise<number> => {
    const k = new Kubectl(process, connect);
    let code: number;
    try {
      code = await execute(k, process.args);
    } catch (error) {
      if (error instanceof Killed) throw error;
      throw error;
    } finally {
      k.close();
    }
    await k.flush();
    return code;
  };
}
