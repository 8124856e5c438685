import type { Stream } from '../../linux/streams.ts';
import { posixRegex } from '../../shell/conditional.ts';
import { strftime } from '../../shell/strftime.ts';
import { Fatal, type Tool } from '../coreutils/tool.ts';
import { Outputs } from './outputs.ts';
import { escapes, type Ast, type Expr, type Stmt } from './parse.ts';
import { InputRecord, splitBy } from './record.ts';
import { arithmetic, compare, formatted, input, num, number, str, truth, UNSET, type Value } from './value.ts';

/** next, nextfile, break, continue, return, exit: how they leave what runs. */
class Jump extends Error {
  readonly kind: string;
  readonly value: Value | undefined;
  constructor(kind: string, value?: Value) {
    super(kind);
    this.kind = kind;
    this.value = value;
  }
}

/** Runs a program over its operands. */
export class Interpreter {
  readonly #t: Tool;
  readonly #ast: Ast;
  readonly #vars = new Map<string, Value>([['FS', ' '], ['OFS', ' '], ['ORS', '\n'], ['RS', '\n'], ['NR', 0], ['FNR', 0], ['SUBSEP', '\x1c'], ['CONVFMT', '%.6g'], ['OFMT', '%.6g'], ['RSTART', 0], ['RLENGTH', -1], ['FILENAME', '']]);
  readonly #arrays = new Map<string, Map<string, Value>>();
  #frames: { vars: Map<string, Value>; arrays: Map<string, Map<string, Value>>; params: Set<string> }[] = [];
  readonly #record = new InputRecord((name) => this.#vars.get(name)!);
  readonly #active = new Set<number>();
  readonly #outputs: Outputs;
  #input: AsyncGenerator<{ line: string }> | undefined;
  #queue: string[] = [];
  #anyFile = false;
  readonly #rng;

  constructor(t: Tool, ast: Ast) {
    this.#t = t;
    this.#ast = ast;
    this.#outputs = new Outputs(t.process);
    this.#rng = t.process.world.rng.fork(`awk/${t.process.pid}`);
    const environ = new Map<string, Value>();
    for (const [k, v] of Object.entries(t.process.env)) environ.set(k, input(v));
    this.#arrays.set('ENVIRON', environ);
    if (t.has('F')) this.#vars.set('FS', t.get('F') === 't' ? '\t' : escapes(t.get('F')!));
    for (const v of t.all('v')) this.#assignArgument(v);
  }

  #assignArgument(text: string): void {
    const at = text.indexOf('=');
    this.#vars.set(text.slice(0, at), input(escapes(text.slice(at + 1))));
  }

  async run(args: string[]): Promise<number> {
    this.#queue = args;
    this.#arrays.set('ARGV', new Map<string, Value>([['0', this.#t.name], ...args.map((a, i): [string, Value] => [String(i + 1), a])]));
    this.#vars.set('ARGC', args.length + 1);
    const rules = this.#ast.rules;
    const hasMain = rules.some((r) => r.pattern !== 'BEGIN');
    let code: number | undefined;
    try {
      for (const r of rules) if (r.pattern === 'BEGIN') await this.#exec(r.body!);
      if (hasMain) while (await this.#next()) {
        try {
          await this.#rules();
        } catch (error) {
          if (!(error instanceof Jump) || (error.kind !== 'next' && error.kind !== 'nextfile')) throw error;
          if (error.kind === 'nextfile') this.#input = undefined;
        }
      }
    } catch (error) {
      if (!(error instanceof Jump) || error.kind !== 'exit') throw error;
      code = num(error.value ?? 0);
    }
    try {
      if (code === undefined || hasMain) for (const r of rules) if (r.pattern === 'END') await this.#exec(r.body!);
    } catch (error) {
      if (!(error instanceof Jump) || error.kind !== 'exit') throw error;
      code = error.value === undefined ? code : num(error.value);
    }
    await this.#outputs.closeAll();
    return code ?? this.#t.code;
  }

  async #rules(): Promise<void> {
    for (const [n, rule] of this.#ast.rules.entries()) {
      if (typeof rule.pattern === 'string') continue;
      if (rule.to) {
        if (!this.#active.has(n)) {
          if (!truth(await this.#eval(rule.pattern!))) continue;
          this.#active.add(n);
        }
        if (truth(await this.#eval(rule.to))) this.#active.delete(n);
      } else if (rule.pattern && !truth(await this.#eval(rule.pattern))) continue;
      if (rule.body) await this.#exec(rule.body);
      else await this.#t.out(this.#record.text() + str(this.#vars.get('ORS')!));
    }
  }

  /** The next record of the operands; false at the end. */
  async #next(): Promise<boolean> {
    const line = await this.#readRecord();
    if (line === undefined) return false;
    this.#record.set(line);
    this.#vars.set('NR', num(this.#vars.get('NR')!) + 1);
    this.#vars.set('FNR', num(this.#vars.get('FNR')!) + 1);
    return true;
  }

  async #readRecord(): Promise<string | undefined> {
    for (;;) {
      if (!this.#input) {
        let file: string | undefined;
        while ((file = this.#queue.shift()) !== undefined && /^[A-Za-z_]\w*=/.test(file)) this.#assignArgument(file);
        if (file === undefined) {
          if (this.#anyFile) return undefined;
          file = '-';
        }
        this.#anyFile = true;
        const stream = this.#t.open(file, { code: 2, words: `cannot open "${file}"` });
        if (!stream) continue;
        this.#vars.set('FILENAME', file === '-' ? '' : file);
        this.#vars.set('FNR', 0);
        this.#input = this.#records(stream);
      }
      const { value, done } = await this.#input.next();
      if (!done) return value.line;
      this.#input = undefined;
    }
  }

  #records(stream: Stream): AsyncGenerator<{ line: string }> {
    const rs = str(this.#vars.get('RS')!), t = this.#t;
    if (rs.length === 1) return t.lines(stream, rs);
    return (async function* () {
      const text = (await t.slurp(stream)).replace(/\n+$/, '');
      for (const line of rs === '' ? text.replace(/^\n+/, '').split(/\n\n+/) : text.split(new RegExp(posixRegex(rs), 'u'))) yield { line };
    })();
  }

  #get(name: string): Value {
    if (name === 'NF') return this.#record.fields().length;
    const frame = this.#frames.at(-1);
    if (frame?.params.has(name)) return frame.vars.get(name) ?? UNSET;
    return this.#vars.get(name) ?? UNSET;
  }

  #set(name: string, value: Value): void {
    const frame = this.#frames.at(-1);
    if (frame?.params.has(name)) frame.vars.set(name, value);
    else if (name === 'NF') this.#record.resize(num(value));
    else {
      if (name === 'FS') this.#record.fields();
      this.#vars.set(name, value);
    }
  }

  #array(name: string): Map<string, Value> {
    const frame = this.#frames.at(-1);
    const home = frame?.params.has(name) ? frame.arrays : this.#arrays;
    let found = home.get(name);
    if (!found) home.set(name, (found = new Map()));
    return found;
  }

  async #key(at: Expr[]): Promise<string> {
    const parts: string[] = [];
    for (const e of at) parts.push(str(await this.#eval(e)));
    return parts.join(str(this.#vars.get('SUBSEP')!));
  }

  async #assign(to: Expr, value: Value): Promise<Value> {
    if (to.t === 'var') this.#set(to.name, value);
    else if (to.t === 'index') this.#array(to.name).set(await this.#key(to.at), value);
    else if (to.t === 'field') this.#record.setField(num(await this.#eval(to.of)), str(value));
    return value;
  }

  async #eval(e: Expr): Promise<Value> {
    switch (e.t) {
      case 'num': return e.v;
      case 'str': return e.v;
      case 'regex': return e.v.test(this.#record.text()) ? 1 : 0;
      case 'var': return this.#get(e.name);
      case 'field': return this.#record.field(num(await this.#eval(e.of)));
      case 'index': {
        const array = this.#array(e.name), key = await this.#key(e.at);
        if (!array.has(key)) array.set(key, UNSET);
        return array.get(key)!;
      }
      case 'group': return e.list.length === 1 ? this.#eval(e.list[0]!) : this.#key(e.list);
      case 'cond': return truth(await this.#eval(e.test)) ? this.#eval(e.yes) : this.#eval(e.no);
      case 'in': return this.#array(e.name).has(await this.#key(e.at)) ? 1 : 0;
      case 'assign': {
        const right = await this.#eval(e.value);
        return this.#assign(e.to, e.op === '' ? right : arithmetic(e.op, num(await this.#eval(e.to)), num(right)));
      }
      case 'inc': {
        const old = num(await this.#eval(e.a)), now = old + (e.op === '++' ? 1 : -1);
        await this.#assign(e.a, now);
        return e.prefix ? now : old;
      }
      case 'un': {
        const a = await this.#eval(e.a);
        return e.op === '!' ? (truth(a) ? 0 : 1) : e.op === '-' ? -num(a) : num(a);
      }
      case 'match': {
        const regex = await this.#regex(e.b);
        return regex.test(str(await this.#eval(e.a))) !== e.not ? 1 : 0;
      }
      case 'bin': {
        if (e.op === '&&') return truth(await this.#eval(e.a)) && truth(await this.#eval(e.b)) ? 1 : 0;
        if (e.op === '||') return truth(await this.#eval(e.a)) || truth(await this.#eval(e.b)) ? 1 : 0;
        const a = await this.#eval(e.a), b = await this.#eval(e.b);
        if (e.op === ' ') return str(a) + str(b);
        if (['<', '<=', '==', '!=', '>', '>='].includes(e.op)) return compare(e.op, a, b) ? 1 : 0;
        if ((e.op === '/' || e.op === '%') && num(b) === 0) throw new Fatal('division by zero', 2);
        return arithmetic(e.op, num(a), num(b));
      }
      case 'getline': {
        if (e.file) {
          const path = str(await this.#eval(e.file));
          return this.#t.find(path) ? 0 : -1;
        }
        const line = await this.#readRecord();
        if (line === undefined) return 0;
        if (e.to) await this.#assign(e.to, input(line));
        else this.#record.set(line);
        this.#vars.set('NR', num(this.#vars.get('NR')!) + 1);
        this.#vars.set('FNR', num(this.#vars.get('FNR')!) + 1);
        return 1;
      }
      case 'call': return this.#call(e.name, e.args);
    }
  }

  async #regex(e: Expr | undefined): Promise<RegExp> {
    if (!e) return / /;
    if (e.t === 'regex') return e.v;
    if (e.t === 'group' && e.list.length === 1) return this.#regex(e.list[0]);
    return new RegExp(posixRegex(str(await this.#eval(e))), 'u');
  }

  async #call(name: string, args: Expr[]): Promise<Value> {
    const arg = async (i: number): Promise<Value> => (args[i] ? this.#eval(args[i]) : UNSET);
    const text = async (i: number) => str(await arg(i));
    const user = this.#ast.functions.get(name);
    if (user) return this.#user(user, args);
    switch (name) {
      case 'length': {
        const a = args[0];
        if (!a) return [...this.#record.text()].length;
        if (a.t === 'var' && (this.#arrays.has(a.name) || this.#frames.at(-1)?.arrays.has(a.name))) return this.#array(a.name).size;
        return [...str(await this.#eval(a))].length;
      }
      case 'substr': {
        const chars = [...(await text(0))], from = Math.round(num(await arg(1)));
        const to = args[2] ? from + Math.round(num(await arg(2))) : Infinity;
        return chars.slice(Math.max(0, from - 1), to === Infinity ? undefined : Math.max(0, to - 1)).join('');
      }
      case 'index': return (await text(0)).indexOf(await text(1)) + 1;
      case 'split': {
        const into = args[1] as Expr & { name: string }, source = await text(0);
        const parts = args[2] ? (args[2].t === 'regex' ? (source === '' ? [] : source.split(args[2].v)) : splitBy(source, await text(2))) : splitBy(source, str(this.#vars.get('FS')!));
        const array = this.#array(into.name);
        array.clear();
        parts.forEach((p, i) => array.set(String(i + 1), input(p)));
        return parts.length;
      }
      case 'sub':
      case 'gsub': {
        const regex = await this.#regex(args[0]), by = await text(1), target = args[2] ?? { t: 'field', of: { t: 'num', v: 0 } } as Expr;
        let n = 0;
        const source = str(await this.#eval(target));
        const done = source.replace(new RegExp(regex.source, name === 'gsub' ? 'gu' : 'u'), (m) => {
          n++;
          return by.replace(/\\\\&|\\&|&/g, (x) => (x === '&' ? m : x === '\\&' ? '&' : `\\${m}`));
        });
        if (n > 0) await this.#assign(target, done);
        return n;
      }
      case 'match': {
        const m = (await this.#regex(args[1])).exec(await text(0));
        this.#vars.set('RSTART', m ? m.index + 1 : 0);
        this.#vars.set('RLENGTH', m ? m[0].length : -1);
        return m ? m.index + 1 : 0;
      }
      case 'sprintf': {
        const values: string[] = [];
        for (let i = 1; i < args.length; i++) values.push(str(await arg(i)));
        return formatted(await text(0), values);
      }
      case 'tolower': return (await text(0)).toLowerCase();
      case 'toupper': return (await text(0)).toUpperCase();
      case 'int': return Math.trunc(num(await arg(0)));
      case 'sqrt': return Math.sqrt(num(await arg(0)));
      case 'exp': return Math.exp(num(await arg(0)));
      case 'log': return Math.log(num(await arg(0)));
      case 'sin': return Math.sin(num(await arg(0)));
      case 'cos': return Math.cos(num(await arg(0)));
      case 'atan2': return Math.atan2(num(await arg(0)), num(await arg(1)));
      case 'rand': return this.#rng.float();
      case 'srand': return 0;
      case 'systime': return Math.floor(this.#t.process.now / 1e6);
      case 'strftime': return strftime(args[0] ? await text(0) : '%a %b %e %H:%M:%S %Z %Y', args[1] ? num(await arg(1)) * 1e6 : this.#t.process.now);
      case 'fflush': return 0;
      case 'close': return (await this.#outputs.close(await text(0))) ? 0 : -1;
      case 'system': {
        const child = this.#t.process.machine.spawn({ argv: ['sh', '-c', await text(0)], parent: this.#t.process, pgid: this.#t.process.pgid });
        return (await this.#t.process.waitFor(child)).code;
      }
      default: throw new Fatal(`line 1: function ${name} never defined`, 2);
    }
  }

  async #user({ params, body }: { params: string[]; body: Stmt }, args: Expr[]): Promise<Value> {
    const frame = { vars: new Map<string, Value>(), arrays: new Map<string, Map<string, Value>>(), params: new Set(params) };
    for (const [i, p] of params.entries()) {
      const a = args[i];
      if (!a) continue;
      const known = a.t === 'var' ? (this.#frames.at(-1)?.params.has(a.name) ? this.#frames.at(-1)!.arrays.get(a.name) : this.#arrays.get(a.name)) : undefined;
      if (known) frame.arrays.set(p, known);
      else frame.vars.set(p, await this.#eval(a));
    }
    this.#frames.push(frame);
    try {
      await this.#exec(body);
      return UNSET;
    } catch (error) {
      if (error instanceof Jump && error.kind === 'return') return error.value ?? UNSET;
      throw error;
    } finally {
      this.#frames.pop();
    }
  }

  async #loop(body: Stmt): Promise<boolean> {
    try {
      await this.#exec(body);
    } catch (error) {
      if (!(error instanceof Jump) || (error.kind !== 'break' && error.kind !== 'continue')) throw error;
      return error.kind === 'continue';
    }
    return true;
  }

  async #exec(s: Stmt): Promise<void> {
    switch (s.t) {
      case 'block':
        for (const x of s.list) await this.#exec(x);
        return;
      case 'expr': return void (await this.#eval(s.e));
      case 'print': return this.#print(s);
      case 'if':
        if (truth(await this.#eval(s.test))) await this.#exec(s.yes);
        else if (s.no) await this.#exec(s.no);
        return;
      case 'while':
        for (let n = 0; truth(await this.#eval(s.test)); n++) {
          if (n % 1000 === 999) await this.#t.process.sleep(100);
          if (!(await this.#loop(s.body))) return;
        }
        return;
      case 'do':
        do if (!(await this.#loop(s.body))) return;
        while (truth(await this.#eval(s.test)));
        return;
      case 'for':
        if (s.init) await this.#exec(s.init);
        for (let n = 0; !s.test || truth(await this.#eval(s.test)); n++) {
          if (n % 1000 === 999) await this.#t.process.sleep(100);
          if (!(await this.#loop(s.body))) return;
          if (s.step) await this.#exec(s.step);
        }
        return;
      case 'forin':
        for (const key of [...this.#array(s.array).keys()]) {
          this.#set(s.name, input(key));
          if (!(await this.#loop(s.body))) return;
        }
        return;
      case 'delete':
        if (s.at) this.#array(s.name).delete(await this.#key(s.at));
        else this.#array(s.name).clear();
        return;
      case 'jump': throw new Jump(s.kind, s.value ? await this.#eval(s.value) : undefined);
    }
  }

  async #print(s: Stmt & { t: 'print' }): Promise<void> {
    const values: Value[] = [];
    for (const a of s.args) values.push(await this.#eval(a));
    const shown = (v: Value) => (typeof v === 'number' ? number(v, str(this.#vars.get('OFMT')!)) : str(v));
    const text = s.printf ? formatted(str(values[0] ?? ''), values.slice(1).map(str)) : (values.length === 0 ? this.#record.text() : values.map(shown).join(str(this.#vars.get('OFS')!))) + str(this.#vars.get('ORS')!);
    if (!s.to) return void (await this.#t.out(text));
    await this.#outputs.write(s.to.op, str(await this.#eval(s.to.file)), text);
  }
}
