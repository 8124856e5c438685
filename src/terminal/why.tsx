/** @jsxImportSource preact */
/** Why did my packet die? A packet is sent in a copy of the world: what decided its fate, where that is written, what would change it. */
import { render } from 'preact';
import { useState } from 'preact/hooks';
import { Packet } from './packet.tsx';
import type { Question, Topology, WhyView } from './protocol.ts';
import { machineLabel } from './ui.ts';

export interface WhyOptions {
  machines: readonly string[];
  topology: Topology | undefined;
  why(question: Question, told: (view: WhyView) => void): Promise<WhyView>;
  /** Types a command into a terminal of that machine, to be read before Enter. */
  type(machine: string, command: string): void;
}

export function showWhy(element: HTMLElement, options: WhyOptions): void {
  render(<Why {...options} />, element);
}

type State = { asked: Question; view: WhyView | undefined; error?: string };

function Why({ machines, topology, why, type }: WhyOptions) {
  const [state, setState] = useState<State>();
  const busy = state !== undefined && !state.error && state.view?.changes === undefined;
  const ask = (question: Question) => {
    setState({ asked: question, view: undefined });
    const still = (view: WhyView) => setState((now) => (now?.asked === question ? { asked: question, view } : now));
    why(question, still).then(still, (error: unknown) => setState({ asked: question, view: undefined, error: String(error) }));
  };
  return (
    <div class="porque">
      <p class="lema">Manda un paquete en una copia de este mundo: el tuyo no se entera.</p>
      <Form machines={machines} topology={topology} busy={busy} ask={ask} />
      <div aria-live="polite" aria-busy={busy}>
        {state?.error && <p class="mal">No se ha podido probar: {state.error}</p>}
        {state && !state.error && !state.view && <p class="nada">Probando en una copia…</p>}
        {state?.view && <Verdict key={JSON.stringify(state.asked)} view={state.view} type={type} />}
      </div>
    </div>
  );
}

const PROTOCOLS = { tcp: 'TCP (una conexión)', udp: 'UDP (un datagrama)', icmp: 'ICMP (ping)' } as const;

function Form({ machines, topology, busy, ask }: Pick<WhyOptions, 'machines' | 'topology'> & { busy: boolean; ask(q: Question): void }) {
  const first = firstTarget(topology);
  const [protocol, setProtocol] = useState<Question['protocol']>('tcp');
  const pods = (topology?.nodes ?? []).flatMap((node) => node.pods).filter((pod) => pod.address !== undefined);
  const targets = new Map<string, string>();
  for (const { name, namespace, address } of topology?.services ?? [])
    if (address && address !== 'None') targets.set(address, `Service ${namespace}/${name}`);
  for (const { name, address } of pods) targets.set(address!, `Pod ${name}`);
  for (const { name, address } of topology?.nodes ?? []) if (address) targets.set(address, `nodo ${name}`);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const data = new FormData(event.currentTarget as HTMLFormElement);
    const text = (name: string) => String(data.get(name) ?? '').trim();
    const number = (name: string) => (text(name) === '' ? undefined : Number(text(name)));
    ask({ from: text('from'), to: text('to'), protocol, port: protocol === 'icmp' ? undefined : number('port'), size: number('size') });
  };
  return (
    <form onSubmit={submit}>
      <label>
        Desde
        <select name="from">
          {machines.map((name) => (
            <option key={name} value={name}>
              {machineLabel(name)}
            </option>
          ))}
          {pods.map(({ name }) => (
            <option key={name} value={`pod:${name}`}>
              Pod {name}
            </option>
          ))}
        </select>
      </label>
      <label>
        Hasta
        <input name="to" list="destinos" required defaultValue={first.to} autocomplete="off" autocapitalize="off" spellcheck={false} />
        <datalist id="destinos">
          {[...targets].map(([address, what]) => (
            <option key={address} value={address}>
              {what}
            </option>
          ))}
        </datalist>
      </label>
      <label>
        Protocolo
        <select value={protocol} onChange={(event) => setProtocol(event.currentTarget.value as Question['protocol'])}>
          {Object.entries(PROTOCOLS).map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      </label>
      {protocol !== 'icmp' && (
        <label class="corto">
          Puerto
          <input name="port" type="number" min="1" max="65535" required defaultValue={first.port} />
        </label>
      )}
      <label class="corto">
        Bytes
        <input name="size" type="number" min="1" max="60000" placeholder="pocos" />
      </label>
      <button type="submit" class="boton principal" disabled={busy}>
        {busy ? 'Probando…' : '¿Por qué?'}
      </button>
    </form>
  );
}

/** What a student is likely to ask about: the first Service that can be reached from outside, or the first of all. */
function firstTarget(topology: Topology | undefined): { to: string; port: string } {
  const own = (topology?.services ?? []).filter(({ namespace, name }) => !namespace.startsWith('kube-') && name !== 'kubernetes');
  const node = topology?.nodes[0]?.address;
  const open = own.find(({ nodePorts }) => nodePorts.length > 0);
  if (open && node) return { to: node, port: String(open.nodePorts[0]!) };
  const service = own.find(({ address }) => address && address !== 'None');
  return service ? { to: service.address, port: String(service.ports[0] ?? 80) } : { to: node ?? '', port: '80' };
}

function Verdict({ view, type }: { view: WhyView } & Pick<WhyOptions, 'type'>) {
  const { result, says, cause, walk, changes } = view;
  return (
    <>
      <h2 class={result === 'arrives' ? 'bien' : 'mal'}>
        {result === 'arrives' ? '✓' : '✗'} El paquete {says}
      </h2>
      <p>
        {cause.direction === 'back' && result !== 'arrives' && <b>De vuelta: </b>}
        {cause.text}
      </p>
      {cause.lines.length > 0 && (
        <>
          <h3>Dónde está escrito</h3>
          <dl class="escrito">
            {cause.lines.map(({ source, text }, i) => (
              <div key={i}>
                <dt>
                  <code>{source}</code>
                </dt>
                <dd>
                  <pre tabIndex={0} aria-label={source}>
                    {text}
                  </pre>
                </dd>
              </div>
            ))}
          </dl>
        </>
      )}
      <h3>Qué lo cambiaría</h3>
      {changes === undefined && <p class="nada">Probando cambios, cada uno en una copia…</p>}
      {changes?.length === 0 && <p class="nada">No se ha encontrado ningún cambio pequeño que lo altere.</p>}
      {changes && changes.length > 0 && (
        <ol class="cambios">
          {changes.map(({ text, machine, command, result: then, says: how }) => (
            <li key={command}>
              <p>
                {text}{' '}
                <b class={then === 'arrives' ? 'bien' : ''}>
                  {then === 'arrives' ? '✓ ' : ''}Entonces {how}.
                </b>
              </p>
              <pre tabIndex={0} aria-label={`Orden para ${machineLabel(machine)}`}>
                {command}
              </pre>
              <button type="button" class="boton" onClick={() => type(machine, command)}>
                Escribirla en {machineLabel(machine)}
              </button>
            </li>
          ))}
        </ol>
      )}
      {walk && (
        <>
          <h3>Su camino, paso a paso</h3>
          <Packet walk={walk} from="drop" />
        </>
      )}
    </>
  );
}
