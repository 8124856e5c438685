import { ShellError } from '../errors.ts';
import { arithmetic } from '../expand.ts';
import { doubleQuote, singleQuote } from '../quote.ts';
import type { Options, Shell } from '../shell.ts';
import { applyAssignment, type Argument } from '../simple.ts';
import { hashed, isSet, type Variable } from '../variables.ts';
import type { Builtin } from './index.ts';
import { print } from 'unbash/printer';

const OPTION_LETTERS: Record<string, keyof Options> = {
  a: 'allexport', b: 'notify', e: 'errexit', f: 'noglob', h: 'hashall', k: 'keyword', m: 'monitor', n: 'noexec', p: 'privileged', t: 'onecmd', u: 'nounset', v: 'verbose', x: 'xtrace', B: 'braceexpand', C: 'noclobber', E: 'errtrace', H: 'histexpand', P: 'physical', T: 'functrace',
};

/** The value as `declare -p` writes it. */
function written(v: Variable): string {
  const pairs = v.assoc ? hashed(v.assoc).map((k) => [k, v.assoc!.get(k)!] as const).map(([k, x]) => `[${/^[\w.-]+$/.test(k) ? k : doubleQuote(k)}]=${doubleQuote(x)} `).join('') : undefined;
  if (pairs !== undefined) return `=(${pairs})`;
  if (v.array) return `=(${[...v.array].sort((a, b) => a[0] - b[0]).map(([k, x]) => `[${k}]=${doubleQuote(x)}`).join(' ')})`;
  return v.value === undefined ? '' : `=${doubleQuote(v.value)}`;
}

function declaration(name: string, v: Variable): string {
  const flags = `${v.array ? 'a' : ''}${v.assoc ? 'A' : ''}${v.integer ? 'i' : ''}${v.lower ? 'l' : ''}${v.nameref ? 'n' : ''}${v.readonly ? 'r' : ''}${v.upper ? 'u' : ''}${v.exported ? 'x' : ''}`;
  return `declare -${flags || '-'} ${name}${written(v)}\n`;
}

/** A function as bash prints it, nearly: unbash's printer, with bash's braces on lines of their own. */
export function functionText(shell: Shell, name: string): string {
  const { node } = shell.functions.get(name)!;
  const printed = print({ type: 'Script', pos: 0, end: 0, shebang: undefined, commands: [{ type: 'Statement', pos: 0, end: 0, command: node, background: undefined }] } as never);
  const lines = printed.trimEnd().split('\n').slice(1, -1);
  return `${name} () \n{ \n${lines.map((l) => `  ${l.replace(/^(?: {2})+|^\t+/, (s) => '    '.repeat(s.includes('\t') ? s.length - 1 : s.length / 2 - 1) + '  ').replace(/^ {2}/, '  ')}`.replace(/^ {4}/, '    ')).join(';\n').replace(/(then|do|else|\{|in|;);\n/g, '$1\n')}\n}\n`.replace(/;(\n\}\n)$/, '$1');
}

async function declare(shell: Shell, _args: string[], name: string, all: Argument[]): Promise<number> {
  const flags = new Set<string>(), minus = new Set<string>();
  let i = 0;
  for (; i < all.length; i++) {
    const a = all[i]!;
    if (typeof a !== 'string' || !/^[-+]./.test(a)) break;
    if (a === '--') {
      i++;
      break;
    }
    for (const c of a.slice(1)) {
      if (!'aAfFgiIlnprtuxn'.includes(c)) throw new ShellError(`${name}: ${a[0]}${c}: invalid option\n${name}: usage: ${name === 'local' ? 'local [option] name[=value] ...' : `${name} [-aAfFgiIlnrtux] [name[=value] ...] or ${name} -p [-aAfFilnrtux] [name ...]`}`, { code: 2 });
      (a[0] === '-' ? flags : minus).add(c);
    }
  }
  const items = all.slice(i);
  if (name === 'local' && shell.functionStack.length === 0) throw new ShellError('local: can only be used in a function');
  if (name === 'export') flags.add('x');
  if (name === 'readonly') flags.add('r');
  if (name === 'export' && flags.delete('n')) {
    for (const item of items) shell.variables.make(typeof item === 'string' ? item : item.name).exported = false;
    return 0;
  }
  if (flags.has('f') || flags.has('F')) return declareFunctions(shell, items, flags);
  const listing = flags.has('p') || (items.length === 0 && !(name === 'local'));
  if (listing && (name !== 'export' || items.length === 0 || flags.has('p'))) return listVariables(shell, items, flags, name);
  const local = shell.functionStack.length > 0 && !flags.has('g') && name !== 'export' && name !== 'readonly';
  let code = 0;
  for (const item of items) {
    const target = typeof item === 'string' ? item : item.name;
    if (!/^[A-Za-z_]\w*(\[.*\])?$/.test(target)) {
      await shell.complain(`${name}: \`${typeof item === 'string' ? item : `${item.name}=${typeof item.value === 'string' ? item.value : ''}`}': not a valid identifier`);
      code = 1;
      continue;
    }
    const text = typeof item === 'string' ? item : undefined;
    // an expanded word may hold the assignment: declare "$x"
    const inWord = text === undefined ? undefined : /^([A-Za-z_]\w*)(\+?)=([\s\S]*)$/.exec(text);
    const v = shell.variables.make(inWord?.[1] ?? target, local);
    if (v.readonly && minus.has('r')) throw new ShellError(`${name}: ${target}: readonly variable`);
    if (flags.has('a') && !v.array && !v.assoc) {
      v.array = v.value === undefined ? new Map<number, string>() : new Map([[0, v.value]]);
      delete v.value;
    }
    if (flags.has('A') && !v.assoc) v.assoc = new Map();
    if (flags.has('i')) v.integer = true;
    if (flags.has('l')) Object.assign(v, { lower: true, upper: false });
    if (flags.has('u')) Object.assign(v, { upper: true, lower: false });
    if (flags.has('n')) v.nameref = true;
    if (minus.has('x')) v.exported = false;
    if (minus.has('i')) v.integer = false;
    if (typeof item !== 'string') {
      if (v.nameref) v.value = String(item.value);
      else applyAssignment(shell, item, { local });
    } else if (inWord) shell.variables.set(inWord[1]!, inWord[3]!, { append: inWord[2] === '+', local });
    if (flags.has('x')) v.exported = true;
    if (flags.has('r')) v.readonly = true;
  }
  return code;
}

async function declareFunctions(shell: Shell, items: Argument[], flags: Set<string>): Promise<number> {
  const names = items.length > 0 ? items.map(String) : [...shell.functions.keys()].sort();
  let code = 0;
  for (const name of names) {
    if (!shell.functions.has(name)) code = 1;
    else if (flags.has('F')) await shell.process.out(items.length > 0 ? `${name}\n` : `declare -f ${name}\n`);
    else if (!flags.has('x')) await shell.process.out(functionText(shell, name));
  }
  return code;
}

async function listVariables(shell: Shell, items: Argument[], flags: Set<string>, name: string): Promise<number> {
  let code = 0;
  for (const item of items) {
    const v = shell.variables.own(String(item));
    if (v) await shell.process.out(declaration(String(item), v));
    else {
      await shell.complain(`${name}: ${String(item)}: not found`);
      code = 1;
    }
  }
  if (items.length > 0) return code;
  let out = '';
  for (const n of shell.variables.names()) {
    const v = shell.variables.own(n);
    if (!v || (!isSet(v) && !v.exported)) continue;
    const fits = (!flags.has('x') || v.exported) && (!flags.has('r') || v.readonly) && (!flags.has('a') || v.array) && (!flags.has('A') || v.assoc) && (!flags.has('i') || v.integer);
    if (fits) out += flags.size > 0 ? declaration(n, v) : `${n}${written(v)}\n`;
  }
  await shell.process.out(out);
  return 0;
}

async function set(shell: Shell, args: string[]): Promise<number> {
  if (args.length === 0) {
    let out = '';
    for (const n of shell.variables.names()) {
      const v = shell.variables.own(n);
      if (v && isSet(v)) out += `${n}=${v.array || v.assoc ? written(v).slice(1) : /^[\w@%+:,./-]*$/.test(v.value ?? '') ? v.value : singleQuote(v.value ?? '')}\n`;
    }
    await shell.process.out(out);
    return 0;
  }
  let i = 0;
  for (; i < args.length; i++) {
    const arg = args[i]!;
    if (arg === '--') {
      shell.positional = args.slice(i + 1);
      return 0;
    }
    if (arg === '-') {
      Object.assign(shell.options, { xtrace: false, verbose: false });
      if (i + 1 < args.length) shell.positional = args.slice(i + 1);
      return 0;
    }
    if (!/^[-+]./.test(arg)) break;
    const on = arg[0] === '-';
    for (const c of arg.slice(1)) {
      if (c === 'o') {
        const option = args[i + 1];
        if (option === undefined) {
          await shell.process.out(Object.entries(shell.options).sort().map(([k, v]) => (on ? `${k.padEnd(15)}\t${v ? 'on' : 'off'}\n` : `set ${v ? '-' : '+'}o ${k}\n`)).join(''));
          return 0;
        }
        i++;
        if (!(option in shell.options)) throw new ShellError(`set: ${option}: invalid option name`);
        shell.options[option as keyof Options] = on;
      } else {
        const option = OPTION_LETTERS[c];
        if (!option) throw new ShellError(`set: ${arg[0]}${c}: invalid option\nset: usage: set [-abefhkmnptuvxBCEHPT] [-o option-name] [--] [-] [arg ...]`, { code: 2 });
        shell.options[option] = on;
      }
    }
  }
  if (i < args.length) shell.positional = args.slice(i);
  return 0;
}

async function shopt(shell: Shell, args: string[]): Promise<number> {
  const flags = args.filter((a) => /^-[suqpo]+$/.test(a)).join('');
  const bad = args.find((a) => a.startsWith('-') && !/^-[suqpo]+$/.test(a));
  if (bad) throw new ShellError(`shopt: ${bad}: invalid option\nshopt: usage: shopt [-pqsu] [-o] [optname ...]`, { code: 2 });
  const names = args.filter((a) => !a.startsWith('-'));
  const table = (flags.includes('o') ? shell.options : shell.shopts) as Record<string, boolean>;
  const shown = (n: string) => (flags.includes('p') ? `shopt ${table[n] ? '-s' : '-u'} ${n}\n` : `${n.padEnd(15)}\t${table[n] ? 'on' : 'off'}\n`);
  let code = 0;
  for (const n of names) {
    if (!(n in table)) {
      await shell.complain(`shopt: ${n}: invalid shell option name`);
      code = 1;
    } else if (flags.includes('s')) table[n] = true;
    else if (flags.includes('u')) table[n] = false;
    else {
      if (!flags.includes('q')) await shell.process.out(shown(n));
      if (!table[n]) code = 1;
    }
  }
  if (names.length === 0) await shell.process.out(Object.keys(table).sort().filter((n) => (flags.includes('s') ? table[n] : flags.includes('u') ? !table[n] : true)).map(shown).join(''));
  return code;
}

async function getopts(shell: Shell, [spec, name, ...rest]: string[]): Promise<number> {
  if (spec === undefined || name === undefined) throw new ShellError('getopts: usage: getopts optstring name [arg ...]', { code: 2 });
  const args = rest.length > 0 ? rest : shell.positional;
  let index = Number(shell.variables.get('OPTIND') ?? 1);
  if (index !== shell.optionIndex) shell.optionAt = 1;
  const silent = spec.startsWith(':');
  const finish = (value: string, code: number) => {
    shell.variables.set(name, value);
    shell.variables.set('OPTIND', String(index));
    shell.optionIndex = index;
    return code;
  };
  const arg = args[index - 1];
  if (arg === undefined || !arg.startsWith('-') || arg === '-') return finish('?', 1);
  if (arg === '--') {
    index++;
    return finish('?', 1);
  }
  const c = arg[shell.optionAt]!;
  const at = spec.indexOf(c, silent ? 1 : 0);
  const next = () => {
    if (++shell.optionAt >= arg.length) {
      index++;
      shell.optionAt = 1;
    }
  };
  if (at < 0 || c === ':') {
    next();
    if (silent) shell.variables.set('OPTARG', c);
    else {
      shell.variables.unset('OPTARG');
      await shell.process.err(`${shell.messages}: illegal option -- ${c}\n`);
    }
    return finish('?', 0);
  }
  if (spec[at + 1] !== ':') {
    next();
    shell.variables.unset('OPTARG');
    return finish(c, 0);
  }
  const attached = arg.slice(shell.optionAt + 1);
  const value = attached !== '' ? attached : args[index];
  index += attached !== '' ? 1 : 2;
  shell.optionAt = 1;
  if (value === undefined) {
    index--;
    if (silent) {
      shell.variables.set('OPTARG', c);
      return finish(':', 0);
    }
    await shell.process.err(`${shell.messages}: option requires an argument -- ${c}\n`);
    return finish('?', 0);
  }
  shell.variables.set('OPTARG', value);
  return finish(c, 0);
}

export const variableBuiltins: Record<string, Builtin> = {
  declare,
  typeset: declare,
  local: declare,
  export: declare,
  readonly: declare,
  set,
  shopt,
  getopts,
  unset: async (shell, args) => {
    let kind = '', code = 0;
    for (const arg of args) {
      if (/^-[fvn]$/.test(arg)) kind = arg[1]!;
      else if (kind !== 'v' && (kind === 'f' || (!shell.variables.own(arg) && shell.functions.has(arg)))) shell.functions.delete(arg);
      else {
        const element = /^(\w+)\[(.*)\]$/.exec(arg);
        if (!/^[A-Za-z_]\w*(\[.*\])?$/.test(arg)) {
          await shell.complain(`unset: \`${arg}': not a valid identifier`);
          code = 1;
        } else if (shell.variables.find(element?.[1] ?? arg)?.readonly) {
          await shell.complain(`unset: ${arg}: cannot unset: readonly variable`);
          code = 1;
        } else shell.variables.unset(element?.[1] ?? arg, element?.[2]);
        if (arg === 'PATH') shell.hash.clear();
      }
    }
    return code;
  },
  shift: async (shell, [n = '1']) => {
    if (!/^\d+$/.test(n)) throw new ShellError(`shift: ${n}: numeric argument required`);
    if (Number(n) > shell.positional.length) return 1;
    shell.positional = shell.positional.slice(Number(n));
    return 0;
  },
  let: async (shell, args) => {
    if (args.length === 0) throw new ShellError('let: expression expected');
    let value = 0n;
    for (const arg of args) {
      try {
        value = arithmetic(shell, arg);
      } catch (error) {
        if (error instanceof ShellError) throw new ShellError(`let: ${error.message}`);
        throw error;
      }
    }
    return value === 0n ? 1 : 0;
  },
};
