/** What an author reads who has written a lab wrongly. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { labIds, readLabFiles } from '../../src/cli/lab-files.ts';
import { jsonSchema } from '../../src/labs/schema.ts';
import { formatProblem, validateLab } from '../../src/labs/validate.ts';

const GOOD = `title: Prueba
description: Una prueba.
scenario: kind-podman
minutes: 5
tasks:
  - id: una
    title: Una tarea
    checks:
      - ran: { program: curl, on: mac, exit: 0 }
      - object: { kind: Service, name: spink }
        expect: object.spec.type == "NodePort"
`;
const problems = (yaml: string, more: Record<string, string> = {}) => validateLab('prueba', { 'lab.yaml': yaml, ...more }).problems.map((p) => formatProblem('labs/prueba', p));

test('a lab that is right has no problems', () => {
  expect(problems(GOOD)).toEqual([]);
});

test.each([
  ['a key that is misspelt', GOOD.replace('title: Una', 'titel: Una'), 'labs/prueba/lab.yaml:7:5: «tasks[1].titel» no se conoce esta clave. ¿Querías decir «title»?'],
  ['a key that is missing', GOOD.replace('minutes: 5\n', ''), 'labs/prueba/lab.yaml:1:1: «minutes» falta: añade la línea «minutes: …» (debe ser un número: lo que dura).'],
  ['a text for a number', GOOD.replace('minutes: 5', 'minutes: cinco'), 'labs/prueba/lab.yaml:4:1: «minutes» debe ser un número: lo que dura.'],
  ['a scenario that does not exist', GOOD.replace('kind-podman', 'k3s'), 'labs/prueba/lab.yaml:3:1: «scenario» no hay ningún escenario «k3s». Hay: kind-podman'],
  ['a machine that does not exist', GOOD.replace('on: mac', 'on: macc'), 'labs/prueba/lab.yaml:9:31: «tasks[1].checks[1].ran.on» no hay ninguna máquina «macc» en el escenario. Hay: mac, control-plane, worker-1, worker-2'],
  ['a kind that does not exist', GOOD.replace('kind: Service', 'kind: Services'), 'labs/prueba/lab.yaml:10:19: «tasks[1].checks[2].object.kind» no hay ninguna clase «Services». ¿Querías decir «Service»?'],
  ['an expression that is none', GOOD.replace('== "NodePort"', '=='), 'labs/prueba/lab.yaml:11:9: «tasks[1].checks[2].expect» la expresión CEL no vale: Unexpected token: EOF.'],
  ['a variable that is none', GOOD.replace('object.spec.type', 'objeto.spec.type'), 'labs/prueba/lab.yaml:11:9: «tasks[1].checks[2].expect» la expresión CEL no vale: Unknown variable: objeto.'],
  ['a task that checks nothing', GOOD.slice(0, GOOD.indexOf('    checks')), 'labs/prueba/lab.yaml:6:5: «tasks[1]» la tarea no comprueba nada: añade «checks» o «question».'],
  ['two things in one check', GOOD.replace('        expect: object', '        ran: { program: ls }\n        expect: object'), 'labs/prueba/lab.yaml:10:9: «tasks[1].checks[2]» una comprobación dice una sola cosa de estas: object, reach, why, ran, file, iptables; parte esta en 2.'],
  ['an answer that is not among the choices', `${GOOD}    question: { choices: [a, b], answer: c }\n`, 'labs/prueba/lab.yaml:12:34: «tasks[1].question.answer» «c» no está entre las opciones («choices»); cópiala tal cual.'],
  ['a task that needs a later one', `${GOOD}    needs: [dos]\n  - { id: dos, title: Dos, checks: [{ ran: { program: ls } }] }\n`, 'labs/prueba/lab.yaml:12:13: «tasks[1].needs[1]» «dos» debe estar antes que esta tarea.'],
  ['a variant that is not declared', GOOD.replace('name: spink', "name: '{{ variant.x }}'"), 'labs/prueba/lab.yaml:1:1: «variants» lab.yaml usa {{ variant.x }}, que no está en «variants».'],
  ['a script that is not there', `${GOOD}setup: preparar.sh\n`, 'labs/prueba/lab.yaml:12:1: «setup» no existe el archivo preparar.sh en la carpeta del laboratorio.'],
  ['a tabulator', GOOD.replace('    title', '\ttitle'), /^labs\/prueba\/lab\.yaml:7:1: YAML mal escrito: hay un tabulador/],
  ['quotes that do not end', GOOD.replace('"NodePort"', '"NodePort').replace('description: Una', 'description: "Una'), /^labs\/prueba\/lab\.yaml:\d+:\d+: YAML mal escrito: /],
])('%s', (_, yaml, message) => {
  const [first] = problems(yaml);
  if (typeof message === 'string') expect(first).toContain(message);
  else expect(first).toMatch(message);
});

test('a question whose answer is computed says where it comes from', () => {
  const yaml = `${GOOD}    question: { answer: { ran: { program: curl, matches: 'hostname: \\S+' } } }\n`;
  expect(problems(yaml)).toEqual(['labs/prueba/lab.yaml:12:27: «tasks[1].question.answer.ran» «matches» necesita un grupo entre paréntesis: lo que capture es la respuesta.']);
});

test.each(labIds())('%s is right', (id) => {
  expect(validateLab(id, readLabFiles(`labs/${id}`)).problems).toEqual([]);
});

test('the JSON Schema for editors is that of the code (npm run --silent labs -- --schema > labs/lab.schema.json)', () => {
  expect(JSON.parse(readFileSync('labs/lab.schema.json', 'utf8'))).toEqual(JSON.parse(JSON.stringify(jsonSchema())));
});
