/** @jsxImportSource preact */
/** The cluster as it is now: nodes as buildings, their Pods on the floors, Services with a wire to who is behind them. */
import { render } from 'preact';
import { useState } from 'preact/hooks';
import type { Topology, TopologyPod, TopologyService } from './protocol.ts';
import { machineLabel } from './ui.ts';

export function showTopology(element: HTMLElement, topology: Topology | undefined): void {
  render(
    topology ? <Cluster topology={topology} /> : <p class="vacio">Ningún API server contesta: no hay a quién preguntar por el cluster.</p>,
    element,
  );
}

const isSystem = (namespace: string) => namespace.startsWith('kube-') || namespace === 'local-path-storage';

function Cluster({ topology }: { topology: Topology }) {
  const [system, setSystem] = useState(false);
  const [chosen, choose] = useState<string>();
  const shown = ({ namespace }: { namespace: string }) => system || !isSystem(namespace);
  const services = topology.services.filter((s) => shown(s) && (system || s.name !== 'kubernetes'));
  const service = services.find((s) => key(s) === chosen);
  const behind = (pod: TopologyPod) => service?.endpoints.find((e) => e.pod === pod.name && service.namespace === pod.namespace);
  const pods = (list: TopologyPod[]) => list.filter(shown).map((pod) => <Pod key={pod.name} pod={pod} behind={behind(pod)} />);
  return (
    <div class="topologia">
      <label class="opcion">
        <input type="checkbox" checked={system} onChange={(event) => setSystem(event.currentTarget.checked)} /> También lo del sistema
      </label>
      <h2>Services</h2>
      {services.length === 0 && <p class="nada">Ninguno.</p>}
      <ul class="services">
        {services.map((s) => (
          <li key={key(s)}>
            <Service service={s} chosen={s === service} toggle={() => choose(s === service ? undefined : key(s))} />
          </li>
        ))}
      </ul>
      <h2>Nodos y Pods</h2>
      <p class="calle-de">
        {topology.machines.map((name) => (
          <b key={name}>{machineLabel(name)}</b>
        ))}{' '}
        en la misma red que los nodos
      </p>
      <ul class="nodos">
        {topology.nodes.map((node) => (
          <li key={node.name} class={node.ready ? '' : 'mal'}>
            <Roof />
            <h3>{node.name}</h3>
            <p>
              <code>{node.address}</code> {node.ready ? 'Ready' : '✗ NotReady'}
              {node.cordoned && ' · acordonado'}
            </p>
            <ul>{pods(node.pods)}</ul>
            {node.pods.filter(shown).length === 0 && <p class="nada">Sin Pods{system ? '' : ' de aplicaciones'}.</p>}
          </li>
        ))}
      </ul>
      {topology.pending.filter(shown).length > 0 && (
        <>
          <h2>Sin nodo</h2>
          <ul class="sin-nodo">{pods(topology.pending)}</ul>
        </>
      )}
    </div>
  );
}

function Service({ service, chosen, toggle }: { service: TopologyService; chosen: boolean; toggle(): void }) {
  const { name, namespace, type, address, ports, nodePorts, endpoints } = service;
  const ready = endpoints.filter((e) => e.ready);
  const addresses = [...new Set(ready.map((e) => e.address))];
  return (
    <button type="button" aria-pressed={chosen} onClick={toggle} class={ready.length === 0 && type !== 'ExternalName' ? 'mal' : ''}>
      <svg viewBox="0 0 28 20" width="28" height="20" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="1.6">
        <path d="M14 3v5M14 8H5v4M14 8h9v4M14 8v4" />
        <path d="M11 1h6v3h-6zM2 13h6v5H2zM11 13h6v5h-6zM20 13h6v5h-6z" />
      </svg>
      <b>{isSystem(namespace) ? `${namespace}/${name}` : name}</b> <span>{type}</span>{' '}
      <code>{address === 'None' ? 'sin dirección' : `${address}:${ports.join(',')}`}</code>
      {nodePorts.length > 0 && (
        <span>
          en cada nodo <code>:{nodePorts.join(',')}</code>
        </span>
      )}{' '}
      <span>{ready.length === 0 ? '✗ sin endpoints' : `→ ${addresses.join(', ')}`}</span>
    </button>
  );
}

function Pod({ pod, behind }: { pod: TopologyPod; behind: TopologyService['endpoints'][number] | undefined }) {
  const fine = pod.ready || pod.state === 'Succeeded';
  return (
    <li class={`pod${fine ? '' : ' mal'}${behind ? ' detras' : ''}`}>
      <b>{pod.name}</b>
      <code>{pod.address ?? '—'}</code>
      <span>
        {fine ? '' : '✗ '}
        {pod.state}
        {!pod.ready && pod.state === 'Running' && ', no está listo'}
      </span>
      {behind && <em>← endpoint{behind.ready ? '' : ' (no listo)'}</em>}
    </li>
  );
}

function Roof() {
  return (
    <svg class="tejado" viewBox="0 0 100 12" preserveAspectRatio="none" aria-hidden="true" fill="none" stroke="currentColor">
      <path d="M1 11.5 50 1l49 10.5" vector-effect="non-scaling-stroke" stroke-width="1.5" />
    </svg>
  );
}

function key({ namespace, name }: TopologyService): string {
  return `${namespace}/${name}`;
}
