/** @jsxImportSource preact */
/** What happens inside: the API server's writes as a time line, the scheduler's decisions, endpoints beside rules. */
import { render } from 'preact';
import { useState } from 'preact/hooks';
import type { Inside, InsideChain, InsideDecision, InsideWrite } from './protocol.ts';

const PARTS = [
  ['escrituras', 'Quién escribe'],
  ['scheduler', 'Qué decide el scheduler'],
  ['cadenas', 'Endpoints y cadenas'],
] as const;
export type InsidePart = (typeof PARTS)[number][0];

export function showInside(element: HTMLElement, inside: Inside, part: InsidePart, choose: (part: InsidePart) => void): void {
  render(
    <div class="por-dentro">
      <div class="partes" role="group" aria-label="Qué mirar">
        {PARTS.map(([id, name]) => (
          <button type="button" key={id} aria-pressed={id === part} onClick={() => choose(id)}>
            {name}
          </button>
        ))}
      </div>
      {part === 'escrituras' && <Writes inside={inside} />}
      {part === 'scheduler' && <Decisions decisions={inside.decisions} />}
      {part === 'cadenas' && <Chains chains={inside.chains} />}
    </div>,
    element,
  );
}

/** Writes less than this apart belong to one story, microseconds. */
const PAUSE = 5_000_000;

function Writes({ inside }: { inside: Inside }) {
  const [system, setSystem] = useState(false);
  const shown = inside.writes.filter(({ namespace }) => system || !(namespace.startsWith('kube-') || namespace === ''));
  const stories: InsideWrite[][] = [];
  for (const write of shown) {
    const last = stories.at(-1);
    if (last && write.at - last.at(-1)!.at < PAUSE) last.push(write);
    else stories.push([write]);
  }
  return (
    <>
      <p>Cada escritura que ha admitido el API server, en orden: quién, qué verbo y sobre qué. Sin latidos ni eventos.</p>
      <label class="opcion">
        <input type="checkbox" checked={system} onChange={(event) => setSystem(event.currentTarget.checked)} /> También lo del sistema
      </label>
      {stories.length === 0 && <p class="vacio">Nadie ha escrito nada todavía. Crea un Deployment y vuelve.</p>}
      {stories.reverse().map((story) => (
        <Story key={story[0]!.at} story={story} now={inside.now} />
      ))}
    </>
  );
}

function Story({ story, now }: { story: InsideWrite[]; now: number }) {
  const from = story[0]!.at;
  const span = Math.max(1, story.at(-1)!.at - from);
  return (
    <section>
      <h2>hace {Math.max(0, Math.round((now - from) / 1e6))} s</h2>
      <ol class="escritos">
        {story.map((w, i) => (
          <li key={i} style={`--at: ${((w.at - from) / span).toFixed(3)}`}>
            <span class="reloj">+{((w.at - from) / 1000).toFixed(0)} ms</span>
            <b class={kindOf(w.who)}>{w.who}</b> <code>{w.verb}</code> <code>{w.resource}</code> <span class="objeto">{w.name}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}

function kindOf(who: string): string {
  if (who === 'kubectl') return 'tu';
  return who.startsWith('kubelet') ? 'nodo' : 'control';
}

function Decisions({ decisions }: { decisions: InsideDecision[] }) {
  if (decisions.length === 0) return <p class="vacio">El scheduler no ha colocado ningún Pod desde que arrancó la página.</p>;
  return (
    <>
      <p>Para cada Pod: los nodos que un filtro descartó, y la puntuación de los demás (cada plugin, ya con su peso).</p>
      {decisions.map((d) => (
        <Choice key={`${d.at} ${d.pod}`} decision={d} />
      ))}
    </>
  );
}

function Choice({ decision: { pod, chosen, rejected, feasible } }: { decision: InsideDecision }) {
  const plugins = [...new Set(feasible.flatMap(({ scores }) => Object.keys(scores)))];
  const best = Math.max(1, ...feasible.map(({ total }) => total));
  return (
    <section>
      <h2>
        {pod} → {chosen ?? '✗ ningún nodo'}
      </h2>
      <div class="tabla" tabindex={0} role="region" aria-label={`Nodos para ${pod}`}>
        <table>
          <thead>
            <tr>
              <th scope="col">Nodo</th>
              {plugins.map((plugin) => (
                <th scope="col" key={plugin}>
                  {plugin}
                </th>
              ))}
              <th scope="col">Total</th>
            </tr>
          </thead>
          <tbody>
            {[...feasible]
              .sort((a, b) => b.total - a.total)
              .map(({ node, scores, total }) => (
                <tr key={node} class={node === chosen ? 'elegido' : ''}>
                  <th scope="row">{node === chosen ? `✓ ${node}` : node}</th>
                  {plugins.map((plugin) => (
                    <td key={plugin}>{scores[plugin]}</td>
                  ))}
                  <td>
                    {plugins.length === 0 ? (
                      'el único que vale: no se puntúa'
                    ) : (
                      <>
                        <i style={`--parte: ${(total / best).toFixed(3)}`} /> {total}
                      </>
                    )}
                  </td>
                </tr>
              ))}
            {rejected.map(({ node, plugin, reasons }) => (
              <tr key={node} class="mal">
                <th scope="row">✗ {node}</th>
                <td colSpan={plugins.length + 1}>
                  {plugin}: {reasons.join(', ')}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Chains({ chains }: { chains: InsideChain[] }) {
  const [system, setSystem] = useState(false);
  const shown = chains.filter(({ namespace }) => system || !namespace.startsWith('kube-'));
  return (
    <>
      <p>A un lado, los endpoints que publica el API server; al otro, adónde envían las reglas de cada nodo. Deben coincidir.</p>
      <label class="opcion">
        <input type="checkbox" checked={system} onChange={(event) => setSystem(event.currentTarget.checked)} /> También lo del sistema
      </label>
      {shown.map(({ namespace, name, address, endpoints, nodes }) => (
        <section key={`${namespace}/${name}`}>
          <h2>
            {name} <code>{address}</code>
          </h2>
          <div class="pares">
            <div>
              <h3>EndpointSlice</h3>
              <ul>
                {endpoints.map((e) => (
                  <li key={e}>
                    <code>{e}</code>
                  </li>
                ))}
                {endpoints.length === 0 && <li class="mal">✗ ninguno listo</li>}
              </ul>
            </div>
            {nodes.map(({ node, chain, targets, rejects }) => {
              const same = targets.join() === endpoints.join();
              return (
                <div key={node} class={same ? '' : 'mal'}>
                  <h3>
                    {same ? '' : '✗ '}
                    {node}
                  </h3>
                  <ul>
                    {targets.map((t) => (
                      <li key={t}>
                        <code>{t}</code>
                      </li>
                    ))}
                    {rejects && <li>REJECT en filter</li>}
                    {targets.length === 0 && !rejects && <li>sin reglas</li>}
                  </ul>
                  {chain && <code class="cadena">{chain}</code>}
                </div>
              );
            })}
          </div>
        </section>
      ))}
    </>
  );
}
