import { BAD_ARGS, type Command, connect, type Context, Failure, request } from './client.ts';
import { delOperation, getOperation, type Operation, perform, putOperation, resultFields, resultJson, resultSimple } from './operations.ts';
import { print } from './print.ts';

async function run(c: Context, op: Operation): Promise<number> {
  const server = await connect(c, op.kind !== 'get' ? 'write' : op.serializable ? 'no' : 'read');
  const result = request(c, server.endpoint, () => perform(server.store, op));
  if (op.kind === 'get' && c.flags.has('print-value-only') && c.output !== 'simple') throw new Failure('print-value-only is only for `--write-out=simple`', BAD_ARGS);
  print(c, { simple: () => resultSimple(c, result, c.flags), json: () => resultJson(server, result), fields: () => resultFields(server, result) });
  return 0;
}

export const get: Command = (c, args) => run(c, getOperation(c.flags, args));

export const put: Command = async (c, args) => run(c, await putOperation(c.flags, args, () => c.p.readAll()));

export const del: Command = (c, args) => run(c, delOperation(c.flags, args));

export const compaction: Command = async (c, args) => {
  if (args.length !== 1) throw new Failure('compaction command needs 1 argument', BAD_ARGS);
  const [revision = ''] = args;
  if (!/^[-+]?\d+$/.test(revision)) throw new Failure(`strconv.ParseInt: parsing ${JSON.stringify(revision)}: invalid syntax`);
  const { store, endpoint } = await connect(c, 'write');
  request(c, endpoint, () => store.compact(Number(revision)));
  void c.p.out(`compacted revision ${revision}\n`);
  return 0;
};
