/** @jsxImportSource preact */
/** The picture of a packet's way: the envelope, the street of machines, and every step as a list (which is also its text). */
import { render } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { PacketStep, PacketWalk } from './protocol.ts';
import { machineLabel } from './ui.ts';

/** Draws a packet's way into `element`. */
export function showPacket(element: HTMLElement, walk: PacketWalk): void {
  render(<Packet key={JSON.stringify(walk.steps[0])} walk={walk} />, element);
}

function Packet({ walk }: { walk: PacketWalk }) {
  const [at, setAt] = useState(0);
  const list = useRef<HTMLOListElement>(null);
  const steps = walk.steps;
  const step = steps[Math.min(at, steps.length - 1)]!;
  const go = (to: number) => setAt(Math.max(0, Math.min(steps.length - 1, to)));
  useEffect(() => {
    const row = list.current?.querySelector<HTMLElement>('[aria-current]');
    row?.scrollIntoView({ block: 'nearest' });
  }, [at]);
  const keys = (event: KeyboardEvent) => {
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: steps.length - 1 }[event.key];
    if (to === undefined) return;
    go(to);
    event.preventDefault();
  };
  return (
    <section class="paquete" aria-label={`El camino del paquete: ${walk.title}`} onKeyDown={keys}>
      <div class="escena">
        <Street steps={steps} at={at} />
        <Envelope step={step} />
        <p class="paso" aria-live="polite">
          <b>{step.where}</b> en {place(step)}. {step.text}
        </p>
        <div class="mandos">
          <button type="button" onClick={() => go(at - 1)} disabled={at === 0} aria-label="Paso anterior">◀</button>
          <span>
            {at + 1} de {steps.length}
          </span>
          <button type="button" onClick={() => go(at + 1)} disabled={at === steps.length - 1} aria-label="Paso siguiente">▶</button>
        </div>
      </div>
      <ol class="pasos" ref={list}>
        {steps.map((s, i) => (
          <Row key={i} step={s} previous={steps[i - 1]} current={i === at} choose={() => go(i)} />
        ))}
      </ol>
    </section>
  );
}

/** Machines in the order the packet meets them; the one it is in is marked. */
function Street({ steps, at }: { steps: PacketStep[]; at: number }) {
  const direction = steps[at]!.direction;
  const stops: { name: string; last: number }[] = [];
  steps.forEach((step, i) => {
    if (step.direction !== direction) return;
    const name = place(step);
    const stop = stops.at(-1);
    if (stop?.name === name) stop.last = i;
    else stops.push({ name, last: i });
  });
  const here = stops.findIndex(({ last }) => at <= last);
  return (
    <ol class="edificios" aria-hidden="true">
      {stops.map(({ name }, i) => (
        <li key={i} class={i === here ? 'aqui' : i < here ? 'visto' : ''}>
          {name}
        </li>
      ))}
    </ol>
  );
}

function Envelope({ step }: { step: PacketStep }) {
  const letter = (
    <dl class="sobre">
      <Address name="De" now={step.from} old={step.oldFrom} />
      <Address name="Para" now={step.to} old={step.oldTo} />
    </dl>
  );
  return step.outer ? (
    <div class="sobre-de-fuera">
      <p>vxlan · {step.outer}</p>
      {letter}
    </div>
  ) : (
    letter
  );
}

function Address({ name, now, old }: { name: string; now: string; old?: string | undefined }) {
  return (
    <div class={old ? 'cambia' : ''}>
      <dt>{name}</dt>
      <dd>
        {old && (
          <>
            <s>{old}</s> <span class="sr-only">ahora</span>{' '}
          </>
        )}
        <span>{now}</span>
      </dd>
    </div>
  );
}

function Row({ step, previous, current, choose }: { step: PacketStep; previous: PacketStep | undefined; current: boolean; choose(): void }) {
  const newPlace = !previous || place(previous) !== place(step) || previous.direction !== step.direction;
  return (
    <li class={`${step.kind}${newPlace ? ' llega' : ''}`} aria-current={current ? 'step' : undefined}>
      {newPlace && (
        <p class="lugar">
          {place(step)} <span>{step.direction === 'out' ? 'ida' : 'vuelta'}</span>
        </p>
      )}
      <button type="button" onClick={choose}>
        <b>{step.where}</b> <span>{step.text}</span>
      </button>
      {(step.oldFrom ?? step.oldTo) && (
        <p class="cambio">
          {step.oldTo && (
            <>
              para <s>{step.oldTo}</s> → {step.to}{' '}
            </>
          )}
          {step.oldFrom && (
            <>
              de <s>{step.oldFrom}</s> → {step.from}
            </>
          )}
        </p>
      )}
      {step.rules.length > 0 && (
        <ul class="reglas">
          {step.rules.map(({ rule }, i) => (
            <li key={i}>
              <code>{rule}</code>
            </li>
          ))}
        </ul>
      )}
    </li>
  );
}

function place({ machine, namespace }: PacketStep): string {
  return namespace === '' ? machineLabel(machine) : `${namespace} (${machineLabel(machine)})`;
}
