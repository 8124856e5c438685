/** What lab.yaml may say. Messages are for authors. The page never loads this: the build has checked the labs before. */
import { z } from 'zod';
import { CAUSES } from './why/cause.ts';
import { RESULTS, type Result } from './why/question.ts';

const text = (what: string) => z.string({ error: `debe ser un texto: ${what}` }).min(1, { error: `está vacío: ${what}` });
const regex = z.string().refine(isRegex, { error: 'no es una expresión regular válida' });
const machine = text('el nombre de una máquina del escenario, por ejemplo mac o control-plane');

const object = z.strictObject({
  kind: text('la clase del objeto, por ejemplo Service'),
  apiVersion: z.string().optional(),
  name: z.string().optional(),
  namespace: z.string().optional(),
  selector: z.string().optional(),
  absent: z.boolean().optional(),
  count: z.number().int().min(0).optional(),
});
const reach = z.strictObject({
  from: text('una máquina, o pod:NOMBRE'),
  to: z.string().regex(/^https?:\/\/[^/\s]+/, { error: 'debe ser una dirección como http://localhost:30080/' }),
  status: z.number().int().optional(),
  contains: z.string().optional(),
  refused: z.boolean().optional(),
  timeout: z.boolean().optional(),
  times: z.number().int().min(1).max(50).optional(),
});
const why = z.strictObject({
  from: text('una máquina, o pod:NOMBRE'),
  to: text('una dirección o un nombre, por ejemplo 172.18.0.2'),
  protocol: z.enum(['tcp', 'udp', 'icmp'], { error: 'debe ser tcp, udp o icmp' }).default('tcp'),
  port: z.number().int().min(1).max(65535).optional(),
  size: z.number().int().min(1).optional(),
  result: z.enum(Object.keys(RESULTS) as Result[], { error: `debe ser uno de: ${Object.keys(RESULTS).join(', ')}` }).optional(),
  cause: z.enum(CAUSES, { error: `debe ser una de: ${CAUSES.join(', ')}` }).optional(),
  at: machine.optional(),
});
const ran = z.strictObject({
  program: z.union([z.string(), z.array(z.string()).min(1)], { error: 'debe ser el nombre de un programa, o una lista de nombres, por ejemplo: program: curl' }),
  on: machine.optional(),
  pod: z.string().optional(),
  exit: z.number().int().min(0).max(255).optional(),
  args: z.array(z.string()).optional(),
  command: regex.optional(),
  contains: z.string().optional(),
  matches: regex.optional(),
});
const file = z.strictObject({
  on: machine,
  path: text('la ruta del archivo, por ejemplo ~/respuesta.txt'),
  contains: z.string().optional(),
  matches: regex.optional(),
  equals: z.string().optional(),
  absent: z.boolean().optional(),
});
const iptables = z.strictObject({
  on: machine,
  table: z.enum(['raw', 'mangle', 'nat', 'filter'], { error: 'debe ser raw, mangle, nat o filter' }).optional(),
  matches: regex,
  absent: z.boolean().optional(),
});

const CHECK_KINDS = ['object', 'reach', 'why', 'ran', 'file', 'iptables'] as const;
const check = z
  .strictObject({ text: z.string().optional(), expect: z.string().optional(), object: object.optional(), reach: reach.optional(), why: why.optional(), ran: ran.optional(), file: file.optional(), iptables: iptables.optional() })
  .superRefine((value, issues) => {
    const given = CHECK_KINDS.filter((kind) => value[kind] !== undefined);
    if (given.length !== 1) issues.addIssue({ code: 'custom', message: `una comprobación dice una sola cosa de estas: ${CHECK_KINDS.join(', ')}${given.length > 1 ? `; parte esta en ${given.length}` : ''}` });
    if (value.expect !== undefined && value.object === undefined) issues.addIssue({ code: 'custom', path: ['expect'], message: '«expect» solo va con «object»' });
  });

const answer = z.union(
  [
    z.string(), z.number(), z.boolean(), z.array(z.string()),
    z.strictObject({ object: object.optional(), ran: ran.optional(), iptables: iptables.optional(), expr: z.string().optional() }),
  ],
  { error: 'debe ser un texto, una lista de textos que valen, o cómo se calcula: object, ran o iptables, y expr' },
);
const question = z.strictObject({ choices: z.array(z.coerce.string()).min(2, { error: 'da al menos dos opciones' }).optional(), answer });

const task = z.strictObject({
  id: z.string({ error: 'cada tarea necesita un «id»' }).regex(/^[a-z0-9][a-z0-9-]*$/, { error: 'solo minúsculas, cifras y guiones' }),
  title: text('el título de la tarea'),
  text: z.string().default(''),
  points: z.number().positive().default(1),
  needs: z.array(z.string()).default([]),
  hold: z.boolean().default(false),
  hints: z.array(z.coerce.string(), { error: 'debe ser una lista de pistas' }).default([]),
  checks: z.array(check, { error: 'debe ser una lista de comprobaciones' }).default([]),
  question: question.optional(),
  explain: z.string().optional(),
});

export const labSchema = z.strictObject({
  title: text('el título del laboratorio'),
  description: text('de qué trata, en una o dos frases'),
  scenario: text('el nombre de un escenario, por ejemplo kind-podman'),
  minutes: z.number({ error: 'debe ser un número: lo que dura' }).min(1).max(120),
  files: z.string().optional(),
  setup: z.string().optional(),
  variants: z.record(z.string(), z.array(z.coerce.string()).min(1)).default({}),
  tasks: z.array(task, { error: 'debe ser una lista de tareas' }).min(1, { error: 'un laboratorio tiene al menos una tarea' }),
});
export type LabYaml = z.infer<typeof labSchema>;

/** For editors: completion and errors while writing lab.yaml. */
export function jsonSchema(): object {
  const { $schema, ...schema } = z.toJSONSchema(labSchema, { io: 'input', unrepresentable: 'any' }) as { $schema?: string };
  return { $schema, title: 'Laboratorio de «De curl al Pod»', ...schema };
}

function isRegex(source: string): boolean {
  try {
    return Boolean(new RegExp(source, 'm'));
  } catch {
    return false;
  }
}
