import type { Process, Program } from '../../linux/process.ts';
import { MS } from '../../sim/clock.ts';
import { Kubectl } from './kubectl.ts';
import { execute } from './cli.ts';
import { httpConnect } from './transport.ts';
import type { Connect } from './rest.ts';

/** What the real one takes until it sends its first request. */
const START_UP = 40 * MS;

/** kubectl v1.28, reaching the API server through the machine's network. */
export const main: Program = kubectl(httpConnect);

/** kubectl over some other way to the API server (tests). */
export function kubectl(connect: Connect): Program {
  return async (process: Process): Promise<number> => {
    const k = new Kubectl(process, connect);
    let code: number;
    try {
      await process.sleep(START_UP);
      code = await execute(k, process.args);
    } finally {
      k.close();
    }
    await k.flush();
    return code;
  };
}
