import './descriptions.ts';
import { MS, SECOND, type Micros } from '../sim/clock.ts';
import type { Machine } from '../linux/machine.ts';
import type { Process } from '../linux/process.ts';
import type { World } from '../linux/world.ts';
import { bootScenario, loadScenario } from '../scenarios/index.ts';
import type { Blueprint } from '../scenarios/blueprint.ts';
import { BEFORE_THE_SNAPSHOT, OTHER_MEMBERS, recordedEtcd } from '../scenarios/recorded-etcd.ts';
import { blueprintFromState, type RecordedState } from '../scenarios/recorded-state.ts';
import { EndpointChoices } from './endpoint-choices.ts';
import { GeneratedNames } from './generated-names.ts';
import { recordedWaits } from './recorded-pace.ts';
import { Stillness } from './stillness.ts';
import { ToldEvents } from './told-events.ts';
import { startCommand, type StartedCommand } from '../shell/session.ts';
import { typedKeys, typeKeys } from './typed-keys.ts';

export interface SessionHeader {
  session: string;
  scenario: string;
  /** Present in the sessions recorded in a plain kind cluster (kindnet, nothing in namespace default). */
  topic?: string;
  where?: string;
  notes?: string;
  files?: Record<string, string>;
  state?: string;
}

export interface Step {
  cmd?: string;
  event?: string;
  host?: string;
  user?: string;
  tty?: boolean;
  settle?: boolean;
  note?: string;
  /** Seconds since the object was applied. */
  t?: number;
  stdout?: string;
  stderr?: string;
  code?: number;
}

/** A step that takes longer than this (virtual time) has hung: it is killed, and has the exit code of the recorder's own timeout(1). */
const GIVEN_UP = 124;
const LIMIT = 600 * SECOND;
/** Whoever recorded waited for what a command changes, but not for ever. */
const PATIENCE = 12 * SECOND;
/** How often a listing was repeated until it changed (the notes of those sessions), and how long it may take here. */
const POLL = 700 * MS;
const POLLS = 120;
/** Between two steps of the recordings lies about this much. */
const GAP = 300 * MS;

/** Runs a session's steps one after another in a fresh world and gives each with what the simulator printed. */
export async function* replaySession(header: SessionHeader, steps: Step[], state: RecordedState | undefined): AsyncGenerator<Step> {
  const world = bootScenario(await blueprintOf(header, steps, state), { seed: header.session });
  const home = prepare(world, header);
  await namespaceOf(world, header);
  touchedTables(world, header);
  await historyOf(world, header);
  const results = new Map<number, Step>();
  const choices = new EndpointChoices(world), events = new ToldEvents(world);
  const names = new GeneratedNames(world);
  // Times are counted from the step before the first of them, and again where they begin anew.
  let began: Micros = world.clock.now, since = began, last = Infinity;
  // What the recorder's environment said of the terminal: programs that colour ask it, not the descriptor.
  const term = header.topic ? undefined : 'xterm';
  let listed: Step | undefined;
  const still = new Stillness(world);
  const waits = recordedWaits(steps, CHANGES), begun: Micros[] = [];
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i]!;
    begun[i] = world.clock.now;
    if (results.has(i)) continue;
    if (step.cmd === undefined) {
      if (header.scenario === 'ha' && step.event !== undefined) await events.happen(step.event);
      results.set(i, step);
      continue;
    }
    if (step.t !== undefined) {
      if (step.t < last) since = began;
      last = step.t;
      if (listed?.cmd !== step.cmd) await world.advance(Math.max(world.clock.now, since + step.t * SECOND));
    } else if ((steps[i + 1]?.t ?? -1) > last) await world.advance(Math.max(world.clock.now, since + steps[i + 1]!.t! * SECOND - GAP));
    const captures = capturesDuring(steps, i).map((k) => ({ k, run: begin(world, steps[k]!, home, term) }));
    if (captures.length > 0) await world.advance(world.clock.now + GAP);
    began = world.clock.now;
    choices.expect(step.stdout ?? '');
    const type = async (): Promise<Step> => finish(world, step, begin(world, { ...step, cmd: names.translate(step.cmd!) }, home, term));
    if (step.t !== undefined && listed?.cmd === step.cmd) {
      // The recorder listed again and again and kept what was new.
      const patience = world.clock.now + POLLS * POLL;
      let now = await type();
      while (withoutAges(now) === withoutAges(listed) && world.clock.now < patience) {
        await world.advance(world.clock.now + POLL);
        now = await type();
      }
      results.set(i, now);
    } else results.set(i, await type());
    if (step.t !== undefined) listed = results.get(i);
    // What looked at the traffic did so while the captures were still on.
    for (let j = i + 1; captures.length > 0 && j < captures[0]!.k; j++) {
      await world.advance(world.clock.now + GAP);
      results.set(j, await finish(world, steps[j]!, begin(world, steps[j]!, home, term)));
    }
    for (const { k, run } of captures) results.set(k, await finish(world, steps[k]!, run));
    if (step.settle ?? (header.topic === undefined && steps[i + 1]?.t === undefined && CHANGES.test(step.cmd) && !WAITS.test(steps[i + 1]?.cmd ?? ''))) await still.settle(PATIENCE);
    else await world.advance(world.clock.now + GAP);
    const wait = step.t === undefined ? waits.get(i) : undefined;
    if (wait) await world.advance(Math.max(world.clock.now, begun[wait.since]! + wait.time));
  }
  for (let i = 0; i < steps.length; i++) yield results.get(i)!;
}

/** The world a session begins in. Of kind-podman there are two: sessions with a topic were recorded in a plain kind cluster, the others in one with the images of the README. */
function blueprintOf({ scenario, topic }: SessionHeader, steps: readonly Step[], state: RecordedState | undefined): Promise<Blueprint> | Blueprint {
  // Other members are spoken to, or something happens to them: then there are some.
  if (scenario === 'ha') return recordedEtcd(steps.some(({ event, cmd = '' }) => event !== undefined || OTHER_MEMBERS.some((ip) => cmd.includes(ip))) ? 3 : 1);
  if (state) return blueprintFromState(state);
  if (scenario !== 'kind-podman') return loadScenario(scenario);
  return topic ? loadScenario('kind-podman-plain') : blueprintFromState({});
}

/** A listing in which only what changes by itself is left out. */
function withoutAges({ stdout = '' }: Step): string {
  return stdout.replace(/\b(?:\d+(?:\.\d+)?(?:ms|[smhdy]))+\b/g, '').replace(/ +/g, ' ');
}

/** Puts the session's files where it was recorded and returns the directory. */
function prepare(world: World, header: SessionHeader): string {
  const { fs } = world.machine(studentOf(world));
  const home = header.topic ? '/root/lab' : '/root';
  fs.mkdir(home, { parents: true });
  for (const [name, content] of Object.entries(header.files ?? {})) {
    const path = name.startsWith('/') ? name : `${home}/${name}`;
    fs.mkdir(path.slice(0, path.lastIndexOf('/')), { parents: true });
    fs.writeFile(path, content);
  }
  return home;
}

/** Recordings about broken Pods say in their notes which namespace was the current one. */
async function namespaceOf(world: World, header: SessionHeader): Promise<void> {
  const [, namespace] = /current namespace set to ([a-z0-9-]+)/.exec(header.notes ?? '') ?? [];
  if (!namespace) return;
  const setUp = `kubectl create namespace ${namespace}; kubectl config set-context --current --namespace=${namespace}`;
  await finish(world, { cmd: setUp }, begin(world, { cmd: setUp }, '/root'));
  await world.settle();
}

/** The etcd of the recordings had started, and one of them had been used. */
async function historyOf(world: World, { session, scenario }: SessionHeader): Promise<void> {
  if (scenario !== 'ha') return;
  await world.advance(world.clock.now + 5 * SECOND);
  if (!/snapshot/.test(session)) return;
  const { code, stderr } = await finish(world, { cmd: BEFORE_THE_SNAPSHOT }, begin(world, { cmd: BEFORE_THE_SNAPSHOT, host: 'etcd-1' }, '/root'));
  if (code !== 0) throw new Error(stderr);
}

/** Tables of nf_tables that iptables once touched stay, also empty. */
function touchedTables(world: World, { where, notes = '' }: SessionHeader): void {
  const tables = /\bthe same empty host\b/.test(notes) ? ['filter'] : [];
  const machine = world.machines.get(where ?? '');
  for (const table of tables) machine?.net.netfilter.restore(`*${table}\nCOMMIT\n`);
}

/** A capture is listed after the command that ran while it was on: the last one before it that sends something. */
function capturesDuring(steps: Step[], i: number): number[] {
  if (!TRAFFIC.test(steps[i]!.cmd ?? '')) return [];
  let k = i + 1;
  while (k < steps.length && OBSERVER.test(steps[k]!.cmd ?? '')) k++;
  const captures: number[] = [];
  while (k < steps.length && CAPTURE.test(steps[k]!.cmd ?? '')) captures.push(k++);
  return captures;
}
/** Commands whose effects the recorder waited for; after the others the next one was typed at once. */
const CHANGES = /\bkubectl\b.*\b(annotate|apply|autoscale|cordon|create|debug|delete|drain|edit|expose|label|patch|replace|rollout (restart|undo|pause|resume)|run|scale|set|taint|uncordon)\b|\b(crictl|podman) (stop|rm|start|kill)|\b(kill|pkill|mv|systemctl)\b|\/(down|up)\b/;
/** Whoever types one of these waits by himself. */
const WAITS = /^sleep |\bkubectl (rollout status|wait)\b/;
const CAPTURE = /^timeout \S+ (tcpdump|conntrack -E|iptables-monitor|xtables-monitor|ip monitor|kubectl port-forward)\b/;
const TRAFFIC = /\b(curl|wget|ping|nslookup|dig|nc|traceroute|host)\b/;
const OBSERVER = /^(conntrack -[LC]|iptables .*-[LS]\b|ip neigh|netstat|ss)/;

function begin(world: World, step: Step, home: string, term?: string): StartedCommand | Error {
  try {
    const student = studentOf(world), host = step.host ?? student;
    const where = place(world, host, step.note ?? '');
    return startCommand(world, where.machine, step.cmd!, {
      ...where.options,
      ...(step.user ? { user: step.user } : {}),
      ...(step.tty ? { tty: true } : {}),
      ...(term && !step.tty && !where.options?.inside ? { env: { TERM: term } } : {}),
      ...(where.options?.inside ? {} : { cwd: host === student ? home : '/root' }),
    });
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** Where one types who does not say where: the scenario's first machine. */
function studentOf(world: World): string {
  return [...world.machines.keys()][0]!;
}

/** Where a step runs: a machine, or a Pod (`pod:NAME`, `pod:NAMESPACE/NAME`) with its own tools or the node's. */
function place(world: World, host: string, note: string): { machine: Machine; options?: { inside?: Process; net?: Process['net'] } } {
  const [, pod] = /^pod:(?:[^/]*\/)?(.+)$/.exec(host) ?? [];
  if (!pod) return { machine: world.machine(host) };
  for (const machine of world.machines.values()) {
    const main = machine.pids.processes().find((p) => p.container !== undefined && p.uts.hostname === pod && p.comm !== 'pause');
    if (main) return { machine, options: /node's tools/.test(note) ? { net: main.net } : { inside: main } };
  }
  throw new Error(`no container of a Pod ${pod} runs`);
}

/** Waits for a command's end. What is thrown inside the simulator becomes code 255 and its message. */
async function finish(world: World, step: Step, run: StartedCommand | Error): Promise<Step> {
  const { stdout: _o, stderr: _e, code: _c, ...asked } = step;
  if (run instanceof Error) return { ...asked, stdout: '', stderr: `${run.message}\n`, code: 255 };
  const before = world.defects.length;
  const { tty } = run.process, abandoned = /ended by the recorder/.test(step.note ?? '');
  if (tty) await typeKeys(world, tty, run, typedKeys(step.note ?? ''));
  const ended = await world.until(() => run.process.status !== undefined, abandoned ? 10 * SECOND : LIMIT);
  if (!ended) {
    run.process.signal('KILL');
    await world.advance(world.clock.now + MS);
  }
  const defects = world.defects.slice(before).map(({ error }) => (error instanceof Error ? (error.stack ?? error.message) : String(error)));
  const message = defects.map((m) => `${m}\n`).join('');
  return { ...asked, stdout: run.stdout(), stderr: run.stderr() + message, code: message ? 255 : ended ? run.process.status!.code : abandoned ? 0 : GIVEN_UP };
}
