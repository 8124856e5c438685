/** @jsxImportSource preact */
/** The picture of a packet's way: the envelope, the street of machines, and every step as a list (which is also its text). */
import { render } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { PacketStep, PacketWalk } from './protocol.ts';
import { machineLabel } from './ui.ts';

/** Draws a packet's way into `element`. */
export function showPacket(element: HTMLElement, walk: PacketWalk): void {
  // What the page said while there was none; render leaves it where it is.
  element.querySelector(':scope > .vacio')?.remove();
  render(<Packet key={JSON.stringify(walk.steps[0])} walk={walk} />, element);
}

/** `from`: the step it begins at, of the essential ones: the first, or where the packet ended. */
export function Packet({ walk, from = 'start' }: { walk: PacketWalk; from?: 'start' | 'drop' }) {
  const ended = from === 'drop' ? walk.steps.filter(isEssential).findIndex(({ kind }) => kind === 'drop') : 0;
  const [at, setAt] = useState(Math.max(0, ended));
  const [every, setEvery] = useState(false);
  const list = useRef<HTMLOListElement>(null);
  const steps = every ? walk.steps : walk.steps.filter(isEssential);
  const step = steps[Math.min(at, steps.length - 1)]!;
  const go = (to: number) => setAt(Math.max(0, Math.min(steps.length - 1, to)));
  const begun = useRef(at);
  useEffect(() => {
    // Where it begins is not scrolled to: what stands above says what became of it.
    if (at !== begun.current) list.current?.querySelector('[aria-current] > button')?.scrollIntoView({ block: 'nearest' });
    begun.current = -1;
  }, [at]);
  /** Shows every step or only the essential ones, and stays where one was. */
  const show = (all: boolean) => {
    const next = all ? walk.steps : walk.steps.filter(isEssential);
    const here = walk.steps.indexOf(step);
    setEvery(all);
    setAt(
      Math.max(
        0,
        next.findLastIndex((s) => walk.steps.indexOf(s) <= here),
      ),
    );
  };
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
          <button type="button" onClick={() => go(at - 1)} disabled={at === 0} aria-label="Paso anterior">
            ◀
          </button>
          <span>
            {Math.min(at, steps.length - 1) + 1} de {steps.length}
          </span>
          <button type="button" onClick={() => go(at + 1)} disabled={at === steps.length - 1} aria-label="Paso siguiente">
            ▶
          </button>
          <label class="opcion">
            <input type="checkbox" checked={every} onChange={(event) => show(event.currentTarget.checked)} /> Todos los pasos
          </label>
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

/** Where the letter is written, changed, wrapped, unwrapped, refused or taken. */
function isEssential({ kind, oldFrom, oldTo }: PacketStep): boolean {
  return ['socket', 'deliver', 'drop', 'encap', 'decap'].includes(kind) || oldFrom !== undefined || oldTo !== undefined;
}

/** The machines as buildings in the order the packet meets them, their namespaces as floors; the envelope is where it is. */
function Street({ steps, at }: { steps: PacketStep[]; at: number }) {
  const here = steps[at]!;
  const buildings: { machine: string; floors: string[]; from: number; to: number; road: string | undefined }[] = [];
  steps.forEach((step, i) => {
    if (step.direction !== here.direction) return;
    let building = buildings.at(-1);
    if (building?.machine !== step.machine)
      buildings.push((building = { machine: step.machine, floors: [''], from: i, to: i, road: undefined }));
    building.to = i;
    building.road = building.from === i || building.road !== undefined ? roadOf(step) : undefined;
    if (!building.floors.includes(step.namespace)) building.floors.push(step.namespace);
  });
  return (
    <ol class="edificios" aria-hidden="true">
      {buildings.map(({ machine, floors, from, to, road }, i) => {
        const inside = from <= at && at <= to;
        return (
          <li key={i} class={inside ? 'aqui' : ''}>
            {road ? (
              <Road current={inside} sealed={here.outer !== undefined} />
            ) : (
              <Building floors={floors} current={inside ? here.namespace : undefined} sealed={here.outer !== undefined} />
            )}
            <b>{road ? `la calle ${road}` : machineLabel(machine)}</b>
            {floors.length > 1 && <span>{floors[1]}</span>}
          </li>
        );
      })}
    </ol>
  );
}

/** A machine that only lends its bridge is the street between two others: the bridge's name. */
function roadOf({ kind, where }: PacketStep): string | undefined {
  const doors = where.split(' → ');
  return kind === 'link' && doors.length === 3 ? doors[1] : undefined;
}

function Road({ current, sealed }: { current: boolean; sealed: boolean }) {
  return (
    <svg viewBox="0 0 64 32" width="64" height="32" fill="none" stroke="currentColor" stroke-width="1.5">
      {current && <Letter x={21} y={4} sealed={sealed} />}
      <path d="M0 23h64M0 31h64" />
      <path d="M4 27h56" stroke-dasharray="6 5" />
    </svg>
  );
}

const FLOOR = 20;

function Building({ floors, current, sealed }: { floors: string[]; current: string | undefined; sealed: boolean }) {
  const height = floors.length * FLOOR;
  return (
    <svg
      viewBox={`0 0 64 ${height + 12}`}
      width="64"
      height={height + 12}
      fill="none"
      stroke="currentColor"
      stroke-width="1.5"
      stroke-linejoin="round"
    >
      <path d="M5 11 32 1.5 59 11" />
      {floors.map((floor, i) => {
        const y = 11 + height - (i + 1) * FLOOR;
        return (
          <g key={floor}>
            <rect x="8" y={y} width="48" height={FLOOR} class={floor === current ? 'piso' : ''} />
            {floor === current ? (
              <Letter x={21} y={y + 3.5} sealed={sealed} />
            ) : i === 0 ? (
              <path d={`M28 ${y + FLOOR}v-12h8v12`} />
            ) : (
              <path d={`M16 ${y + 6}h8v8h-8zM40 ${y + 6}h8v8h-8z`} />
            )}
          </g>
        );
      })}
    </svg>
  );
}

/** An envelope; inside another one while it travels through vxlan. */
function Letter({ x, y, sealed }: { x: number; y: number; sealed: boolean }) {
  return (
    <g class="carta">
      {sealed && <rect x={x - 4} y={y - 2} width="30" height="17" stroke-dasharray="3 2" />}
      <rect x={x} y={y} width="22" height="13" rx="1" />
      <path d={`m${x} ${y + 1} 11 7 11-7`} />
    </g>
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

function Row({
  step,
  previous,
  current,
  choose,
}: {
  step: PacketStep;
  previous: PacketStep | undefined;
  current: boolean;
  choose(): void;
}) {
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

function place(step: PacketStep): string {
  const { machine, namespace } = step;
  const road = roadOf(step);
  if (road) return `la calle ${road} (${machineLabel(machine)})`;
  return namespace === '' ? machineLabel(machine) : `${namespace} (${machineLabel(machine)})`;
}
