import type { KubeObject } from '../../../kubernetes/api/types.ts';
import { age } from '../../../kubernetes/api/duration.ts';
import type { WatchEvent } from '../../../kubernetes/apiserver/http.ts';
import type { Command } from '../cli.ts';
import { KubectlError, StatusError, throwAll, throwNested, usageError } from '../errors.ts';
import { build, infos as readInfos, type BuilderOptions, type Info } from '../factory/builder.ts';
import { pathOf } from '../factory/mapper.ts';
import type { Kubectl } from '../kubectl.ts';
import { printer as genericPrinter, type Print } from '../printers/index.ts';
import type * as Sort from '../printers/sort.ts';
import { TablePrinter, type Table } from '../printers/table.ts';
import { ACCEPT_TABLE } from '../rest.ts';
import { TabWriter } from '../tabwriter.ts';
import { rawRequest } from '../raw.ts';
import { watch } from '../watch.ts';

const FORMATS = ['custom-columns', 'custom-columns-file', 'go-template', 'go-template-file', 'json', 'jsonpath', 'jsonpath-as-json', 'jsonpath-file', 'name', 'template', 'templatefile', 'wide', 'yaml'];

export async function run(k: Kubectl, command: Command): Promise<number | void> {
  const { flags } = command;
  const output = flags.string('output'), raw = flags.string('raw');
  const human = output === '' && flags.string('template') === '' || output === 'wide';
  validate(command, output, raw);
  if (raw) return void k.out(await rawRequest(k, 'GET', raw));
  const watching = flags.bool('watch') || flags.bool('watch-only');
  if (command.args.length === 0 && flags.list('filename').length === 0 && !flags.string('kustomize')) {
    k.err('You must specify the type of resource to get. Use "kubectl api-resources" for a complete list of supported resources.\n\n');
    throw usageError(command.path, 'Required resource not specified.\nUse "kubectl explain <resource>" for a detailed description of that resource (e.g. kubectl explain pods).');
  }
  const print = human ? undefined : await objectPrinter(k, output);
  const sortBy = flags.string('sort-by');
  const options: BuilderOptions = {
    args: command.args, filenames: flags.list('filename'), recursive: flags.bool('recursive'), kustomize: flags.string('kustomize'),
    labelSelector: flags.string('selector'), fieldSelector: flags.string('field-selector'), allNamespaces: flags.bool('all-namespaces'),
    allowEmptySelector: true, continueOnError: true, latest: true, flatten: !watching, subresource: flags.string('subresource'),
    chunk: sortBy ? 0 : flags.int('chunk-size'),
    ...(human && flags.bool('server-print') ? { headers: ACCEPT_TABLE } : {}),
    query: human && sortBy ? { includeObject: 'Object' } : {},
  };
  if (watching) return watchThem(k, command, options, print);
  const result = await build(k, options);
  const errors: Error[] = [], infos: Info[] = [];
  for await (const item of result.items()) {
    if (!(item instanceof Error)) infos.push(item);
    else if (!(flags.bool('ignore-not-found') && item instanceof StatusError && item.reason === 'NotFound')) errors.push(item);
  }
  const sort = sortBy ? by(await import('../printers/sort.ts'), sortBy) : undefined;
  if (print) printObjects(k, command, infos, errors, result.single, print, sort);
  else printTables(k, command, infos, errors, output === 'wide', sort);
  (result.files ? throwNested : throwAll)(errors);
}

function validate({ flags, args }: Command, output: string, raw: string): void {
  if (raw) {
    if (args.length > 0) throw new KubectlError('arguments may not be passed when --raw is specified');
    if (flags.bool('watch') || flags.bool('watch-only') || flags.string('selector')) throw new KubectlError('--raw may not be specified with other flags that filter the server request or alter the output');
    if (output) throw new KubectlError('--raw and --output are mutually exclusive');
    if (!raw.startsWith('/') && !/^\w+:\/\//.test(raw)) throw new KubectlError(`--raw must be a valid URL path: parse ${JSON.stringify(raw)}: invalid URI for request`);
  }
  if (flags.bool('show-labels') && output && output !== 'wide') throw new KubectlError(`--show-labels option cannot be used with ${output} printer`);
  if (flags.bool('output-watch-events') && !flags.bool('watch') && !flags.bool('watch-only')) throw new KubectlError('--output-watch-events option can only be used with --watch or --watch-only');
  const sub = flags.string('subresource');
  if (sub && sub !== 'status' && sub !== 'scale') throw new KubectlError(`invalid subresource value: "${sub}". Must be one of [status scale]`);
}

/** --sort-by, loaded when somebody asks for it. */
interface Sorting {
  objects: (items: KubeObject[]) => KubeObject[];
  rows: (table: Table) => Table;
}

function by({ sortObjects, sortRows }: typeof Sort, field: string): Sorting {
  return { objects: (items) => sortObjects(items, field), rows: (table) => sortRows(table, field) };
}

async function objectPrinter(k: Kubectl, output: string): Promise<Print> {
  const [, file, spec] = /^custom-columns(-file)?(?:=([^]*))?$/.exec(output) ?? [];
  if (!/^custom-columns/.test(output)) return genericPrinter(k, '', FORMATS);
  const { CustomColumns } = await import('../printers/custom-columns.ts');
  const text = spec ?? k.flags.string('template');
  const columns = file ? CustomColumns.parseTemplate(readFile(k, text), k.flags.bool('no-headers')) : CustomColumns.parse(text, k.flags.bool('no-headers'));
  return (object) => {
    let all = '';
    const writer = new TabWriter((piece) => (all += piece), { min: 6, padding: 3 });
    try {
      columns.print(object, writer);
    } catch (error) {
      writer.flush();
      k.out(all);
      throw error;
    }
    writer.flush();
    return all;
  };
}

function readFile(k: Kubectl, path: string): string {
  try {
    return k.process.fs.readFile(path, k.process.cwd);
  } catch (error) {
    throw new KubectlError(`error reading template ${path}, open ${path}: ${(error as Error).message.toLowerCase()}\n`);
  }
}

function printObjects(k: Kubectl, { flags }: Command, infos: Info[], errors: Error[], single: boolean, print: Print, sort: Sorting | undefined): void {
  if (infos.length === 0 && (flags.bool('ignore-not-found') || errors.length > 0)) return;
  if (single && infos.length === 1 && errors.length === 0) return k.out(print(infos[0]!.object!));
  if (single && errors.length > 0) return;
  let items = infos.map((i) => i.object!);
  if (sort) items = sort.objects(items);
  k.out(print({ apiVersion: 'v1', kind: 'List', metadata: { resourceVersion: '' }, items } as unknown as KubeObject));
}

function printTables(k: Kubectl, { flags }: Command, infos: Info[], errors: Error[], wide: boolean, sort: Sorting | undefined): void {
  const withKind = flags.bool('show-kind') || new Set(infos.map((i) => `${i.mapping.group}/${i.mapping.kind}`)).size > 1;
  let written = 0, gap = false, namespaced = !flags.bool('all-namespaces');
  const writer = new TabWriter((text) => {
    if (text === '') return;
    if (gap) k.out('\n');
    gap = false;
    written += text.length;
    k.out(text);
  }, { min: 6, padding: 3, remember: true });
  // Once a kind has been printed with its namespaces, those after it have the column too (HumanPrintFlags are shared).
  let last: Info['mapping'] | undefined, withNamespace = false, printer: TablePrinter | undefined;
  for (const info of infos) {
    namespaced &&= info.mapping.namespaced;
    if (info.mapping !== last) {
      writer.flush();
      writer.forget();
      if (last && !flags.bool('no-headers') && written > 0) gap = true;
      withNamespace ||= flags.bool('all-namespaces') && info.mapping.namespaced;
      printer = tablePrinter(k, info, wide, withKind, withNamespace);
      last = info.mapping;
    }
    let table = asTable(info.object!, k.now);
    if (sort) table = sort.rows(table);
    printer!.print(table, writer);
  }
  writer.flush();
  if (written > 0 || flags.bool('ignore-not-found') || errors.length > 0) return;
  k.err(namespaced ? `No resources found in ${k.namespace} namespace.\n` : 'No resources found\n');
}

function tablePrinter(k: Kubectl, info: Info, wide: boolean, withKind: boolean, withNamespace: boolean): TablePrinter {
  const { group, kind } = info.mapping;
  return new TablePrinter({
    noHeaders: k.flags.bool('no-headers'), wide, withNamespace,
    kind: withKind ? `${kind.toLowerCase()}${group ? `.${group}` : ''}` : '',
    showLabels: k.flags.bool('show-labels'), labelColumns: k.flags.list('label-columns'),
  });
}

/** An object or list that is no Table is shown by name and age, as kubectl does without the server's help. */
function asTable(object: KubeObject, now: number): Table {
  if (object.kind === 'Table') return object as Table;
  const items = (object['items'] as KubeObject[] | undefined) ?? [object];
  return {
    apiVersion: 'meta.k8s.io/v1', kind: 'Table', metadata: {} as KubeObject['metadata'],
    columnDefinitions: [{ name: 'Name', type: 'string', format: 'name', priority: 0 }, { name: 'Age', type: 'string', priority: 0 }],
    rows: items.map((o) => ({ cells: [o.metadata?.name ?? '', age(o.metadata?.creationTimestamp, now)], object: o })),
  };
}

async function watchThem(k: Kubectl, { flags }: Command, options: BuilderOptions, print: Print | undefined): Promise<number | void> {
  const result = await build(k, { ...options, continueOnError: false });
  const infos = await readInfos(result);
  if (infos.length !== 1) throw new KubectlError('watch is only supported on individual resources and resource collections - more than 1 resource was found');
  const info = infos[0]!, object = info.object!;
  const list = info.name === '';
  const writer = new TabWriter((text) => k.out(text), { min: 6, padding: 3, remember: true });
  const events = flags.bool('output-watch-events');
  const tables = new TablePrinter({
    noHeaders: flags.bool('no-headers'), wide: flags.string('output') === 'wide', withNamespace: flags.bool('all-namespaces') && info.mapping.namespaced,
    kind: flags.bool('show-kind') ? `${info.mapping.kind.toLowerCase()}${info.mapping.group ? `.${info.mapping.group}` : ''}` : '',
    showLabels: flags.bool('show-labels'), labelColumns: flags.list('label-columns'),
  });
  const show = (o: KubeObject, type: string) => {
    if (print) return k.out(print(events ? ({ type, object: o } as unknown as KubeObject) : o));
    let table = asTable(o, k.now);
    if (events) table = { ...table, columnDefinitions: table.columnDefinitions.length ? [{ name: 'Event', type: 'string', priority: 0 }, ...table.columnDefinitions] : [], rows: table.rows.map((r) => ({ ...r, cells: [type, ...r.cells] })) };
    tables.print(table, writer);
    writer.flush();
  };
  if (!flags.bool('watch-only')) for (const o of list && print ? (object['items'] as KubeObject[]) : [object]) show(o, 'ADDED');
  let skip = !list;
  const path = list ? pathOf(info.mapping, options.allNamespaces ? '' : info.namespace) : pathOf(info.mapping, info.namespace);
  await watch(k, path, {
    headers: options.headers ?? {},
    query: {
      labelSelector: options.labelSelector, fieldSelector: list ? options.fieldSelector : `metadata.name=${info.name}`,
      resourceVersion: list ? (object.metadata?.resourceVersion ?? '0') : '0',
    },
  }, (event: WatchEvent) => {
    if (skip) {
      skip = false;
      return;
    }
    show(event.object, event.type);
  });
}
