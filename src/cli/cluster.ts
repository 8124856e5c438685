/** npm run cluster -- --scenario kind-podman [--port N]: a simulated cluster for a real kubectl, or any other client of Kubernetes. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process, { argv, exit, stderr, stdout } from 'node:process';
import { parseArgs } from 'node:util';
import './descriptions.ts';
import { LESSON_SEED } from '../course.ts';
import { loadValidation } from '../kubernetes/api/validation-of.ts';
import { bootScenario, loadScenario, SCENARIOS } from '../scenarios/index.ts';
import { Driver } from '../terminal/driver.ts';
import { ClusterServer } from './cluster/server.ts';

const { values } = parseArgs({ args: argv.slice(2), options: { scenario: { type: 'string', default: 'kind-podman' }, port: { type: 'string', default: '0' }, seed: { type: 'string', default: LESSON_SEED } } });
if (!(values.scenario in SCENARIOS)) {
  stderr.write(`No hay ningún escenario «${values.scenario}»: ${Object.keys(SCENARIOS).join(', ')}.\n`);
  exit(2);
}

await loadValidation();
const world = bootScenario(await loadScenario(values.scenario), { seed: values.seed });
const inputs: (() => void)[] = [];
const driver = new Driver({
  now: () => world.clock.now,
  advance: (to, pause) => world.advance(to, pause),
  takeInput: () => {
    const act = inputs.shift();
    act?.();
    return act !== undefined;
  },
  flush: async () => {
    for (const { error, command } of world.defects.splice(0)) stderr.write(`${command}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  },
});
const server = new ClusterServer({ world, enter: (act) => {
  inputs.push(act);
  driver.wake();
} });
const port = await server.listen(Number(values.port));
const path = join(mkdtempSync(join(tmpdir(), 'cluster-')), 'kubeconfig');
const kubeconfig = server.kubeconfig({ cluster: values.scenario });
writeFileSync(path, kubeconfig, { mode: 0o600 });
stdout.write(`# El clúster simulado ${values.scenario} atiende en https://127.0.0.1:${port}. Ctrl-C lo para.\n# export KUBECONFIG=${path}\n${kubeconfig}`);
process.on('SIGINT', () => {
  driver.stop();
  server.close();
  exit(0);
});
await driver.run();
