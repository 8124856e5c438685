import type { Etcd } from '../../kubernetes/etcd/store.ts';
import { EtcdError } from '../../kubernetes/etcd/error.ts';
import { valueText } from '../../kubernetes/etcd/backend.ts';
import { BAD_ARGS, type Command, connect, Failure, INVALID_INPUT, request } from './client.ts';
import { flagsOf } from './commands.ts';
import { FlagValues } from './flags.ts';
import { delOperation, getOperation, type Operation, perform, putOperation, resultFields, resultJson, resultSimple } from './operations.ts';
import { header, headerFields, print, some } from './print.ts';

type Compare = (store: Etcd) => boolean;

/** Three lists of lines, each ended by an empty one: comparisons, what is done if all hold, what else (txn_command.go). */
export const txn: Command = async (c, args) => {
  if (args.length > 0) throw new Failure('txn command does not accept argument', BAD_ARGS);
  const say = (text: string) => c.flags.has('interactive') && void c.p.out(text);
  const lines = lineReader(() => c.p.stdin.read(c.p));
  say('compares:\n');
  const compares: Compare[] = [], branches: Operation[][] = [[], []];
  for (let line; (line = await lines()) !== ''; ) compares.push(readCompare(line));
  for (const [i, which] of ['success', 'failure'].entries()) {
    say(`${which} requests (get, put, del):\n`);
    for (let line; (line = await lines()) !== ''; ) branches[i]!.push(await readOperation(line));
  }
  const server = await connect(c, 'write'), { store } = server;
  const { succeeded, results } = request(c, server.endpoint, () => {
    branches.forEach(refuseDuplicates);
    return store.transaction(() => {
      const succeeded = compares.every((holds) => holds(store));
      return { succeeded, results: branches[succeeded ? 0 : 1]!.map((op) => perform(store, op)) };
    });
  });
  print(c, {
    simple: () => `${succeeded ? 'SUCCESS' : 'FAILURE'}\n${results.map((r) => `\n${resultSimple(c, r)}`).join('')}`,
    json: () => ({ header: header(server), succeeded: some(succeeded), responses: some(results.map((r) => ({ Response: { [`Response${{ get: 'Range', put: 'Put', del: 'DeleteRange' }[r.kind]}`]: resultJson(server, r, false) } }))) }),
    fields: () => `${headerFields(server)}"Succeeded" : ${succeeded}\n${results.map((r) => resultFields(server, r, false)).join('')}`,
  });
  return 0;
};

/** bufio.Reader.ReadString: the next line without blanks around it. An end before its line end is an error. */
function lineReader(read: () => Promise<string | null>): () => Promise<string> {
  let rest = '';
  return async () => {
    for (;;) {
      const end = rest.indexOf('\n');
      if (end >= 0) {
        const line = rest.slice(0, end).trim();
        rest = rest.slice(end + 1);
        return line;
      }
      const piece = await read();
      if (piece === null) throw new Failure('EOF', INVALID_INPUT);
      rest += piece;
    }
  };
}

function readCompare(line: string): Compare {
  const malformed = (more = '') => new Failure(`malformed comparison: ${line}${more}`, INVALID_INPUT);
  const open = line.indexOf('(');
  if (open < 0) throw malformed();
  const target = line.slice(0, open), [whole, key = '', operator = '', value = ''] = /^("(?:[^"\\]|\\.)*")?(?:\)\s+(\S+)(?:\s+("(?:[^"\\]|\\.)*"))?)?/.exec(line.slice(open + 1)) ?? [];
  const unquote = (text: string) => (text === '' ? '' : (JSON.parse(text) as string));
  if (!whole || !key || !operator || !value) throw malformed(`; got ${target}(${key || '""'}) ${operator} ${value || '""'}`);
  const name = unquote(key), text = unquote(value), holds = RELATIONS[operator];
  if (!holds) throw new Failure(`unknown result operator ${operator}`, 2);
  if (target === 'val' || target === 'value') return (store) => {
    const kv = store.get(name);
    return kv !== undefined && holds(valueText(kv), text);
  };
  const of = NUMBERS[target];
  if (!of) throw malformed(` (unknown target ${target})`);
  if (target === 'lease' ? !/^[0-9a-f]+$/i.test(text) : !/^[-+]?\d+$/.test(text)) throw new Failure(`invalid txn compare request: ${line}`, INVALID_INPUT);
  return (store) => holds(of(store, name), target === 'lease' ? BigInt(`0x${text}`) : BigInt(text));
}

const RELATIONS: Readonly<Record<string, (a: bigint | string, b: bigint | string) => boolean>> = { '=': (a, b) => a === b, '!=': (a, b) => a !== b, '<': (a, b) => a < b, '>': (a, b) => a > b };
const numbers = (of: 'version' | 'createRevision' | 'modRevision') => (store: Etcd, key: string) => BigInt(store.get(key)?.[of] ?? 0);
const NUMBERS: Readonly<Record<string, (store: Etcd, key: string) => bigint>> = {
  ver: numbers('version'), version: numbers('version'), c: numbers('createRevision'), create: numbers('createRevision'), m: numbers('modRevision'), mod: numbers('modRevision'),
  lease: (store, key) => store.lease(store.get(key)?.lease ?? 0)?.wire ?? 0n,
};

async function readOperation(line: string): Promise<Operation> {
  const words = [...line.matchAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'|(\S+)/g)].map(([, double, single, plain]) => (double !== undefined ? (JSON.parse(`"${double}"`) as string) : (single ?? plain ?? '')));
  const [command = '', ...rest] = words;
  if (words.length < 2) throw new Failure(`invalid txn compare request: ${line}`, INVALID_INPUT);
  if (command !== 'get' && command !== 'put' && command !== 'del') throw new Failure(`invalid txn request: ${line}`, INVALID_INPUT);
  const flags = new FlagValues(command, rest, flagsOf(command));
  if (command === 'put') return putOperation(flags, flags.args, () => Promise.resolve(''));
  return command === 'get' ? getOperation(flags, flags.args) : delOperation(flags, flags.args);
}

/** A key may be written once in a transaction (v3rpc/key.go, checkIntervals). */
function refuseDuplicates(ops: readonly Operation[]): void {
  const put = ops.flatMap((op) => (op.kind === 'put' ? [op.key] : []));
  const twice = put.some((key, i) => put.indexOf(key) !== i || ops.some((op) => op.kind === 'del' && key >= op.from && key < op.to));
  if (twice) throw new EtcdError('etcdserver: duplicate key given in txn request');
}
