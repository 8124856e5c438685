/** openssl 3.0, as far as a cluster's certificates need it: keys, requests, certificates, random bytes. */
import type { Certificate } from '../../linux/net/tls.ts';
import type { Process } from '../../linux/process.ts';
import { ATTRIBUTE_NAMES, bytesToBase64, requestPem, requestSubject, type Subject } from '../../kubernetes/runtime/certificate-request.ts';
import { certificatePem, keyOwner, privateKeyPem, publicKeyPem, readCertificate } from '../../kubernetes/runtime/pki.ts';
import { deliver, Failure, read } from './files.ts';
import { digest, publicKey } from './keys.ts';
import { certificateText, distinguishedName, openSslDate } from './text.ts';

const DAY = 86_400_000_000;
export type Options = Map<string, string>;

const COMMANDS: Record<string, { flags: string; values: string; run: (process: Process, options: Options, rest: string[]) => void | Promise<void> }> = {
  genrsa: { flags: 'traditional verbose quiet', values: 'out', run: genrsa },
  genpkey: { flags: 'quiet', values: 'algorithm pkeyopt out', run: genrsa },
  req: { flags: 'new nodes noenc x509 noout subject text batch verify', values: 'newkey keyout key in out subj days config addext', run: req },
  x509: { flags: 'req noout pubkey subject issuer dates startdate enddate text serial fingerprint CAcreateserial', values: 'in out CA CAkey CAserial days checkend extfile', run: x509 },
  rsa: { flags: 'pubin noout', values: 'in out inform outform', run: (process, options) => publicKey(process, options, 'writing RSA key\n') },
  pkey: { flags: 'pubin noout', values: 'in out inform outform', run: (process, options) => publicKey(process, options, '') },
  dgst: { flags: 'sha256 sha1 md5 hex r', values: 'out', run: digest },
  verify: { flags: '', values: 'CAfile', run: verify },
  rand: { flags: 'base64 hex', values: 'out', run: rand },
  version: { flags: 'a', values: '', run: (process) => void process.out('OpenSSL 3.0.15 3 Sep 2024 (Library: OpenSSL 3.0.15 3 Sep 2024)\n') },
};

export async function main(process: Process): Promise<number> {
  const [, name = '', ...args] = process.argv;
  const command = COMMANDS[name];
  if (!command) {
    void process.err(name === '' ? 'help:\n' : `Invalid command '${name}'; type "help" for a list.\n`);
    return 1;
  }
  const options: Options = new Map(), rest: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const option = args[i]!.replace(/^--?/, '');
    if (!args[i]!.startsWith('-')) rest.push(args[i]!);
    else if (command.flags.split(' ').includes(option)) options.set(option, '');
    else if (command.values.split(' ').includes(option)) {
      if (i + 1 >= args.length) return complain(process, `${name}: Option -${option} needs a value\n${name}: Use -help for summary.\n`);
      options.set(option, args[++i]!);
    } else return complain(process, `${name}: Unknown option: -${option}\n${name}: Use -help for summary.\n`);
  }
  try {
    await command.run(process, options, rest);
    return 0;
  } catch (error) {
    if (error instanceof Failure) return complain(process, error.message);
    throw error;
  }
}

function complain(process: Process, text: string): number {
  void process.err(text);
  return 1;
}

function genrsa(process: Process, options: Options): void {
  deliver(process, options.get('out'), newKey(process), 0o600);
}

async function req(process: Process, options: Options): Promise<void> {
  const file = options.get('in');
  if (file !== undefined) {
    const subject = requestSubject(await read(process, file, 'certificate request'));
    if (!subject) throw new Failure(`Unable to load X509 request\n`);
    if (options.has('subject')) void process.out(`subject=${distinguishedName(subject)}\n`);
    if (options.has('text')) void process.out(`Certificate Request:\n    Data:\n        Version: 1 (0x0)\n        Subject: ${distinguishedName(subject)}\n        Subject Public Key Info:\n            Public Key Algorithm: rsaEncryption\n                Public-Key: (2048 bit)\n    Signature Algorithm: sha256WithRSAEncryption\n`);
    if (!options.has('noout')) deliver(process, options.get('out'), await read(process, file, 'certificate request'));
    return;
  }
  const subject = parseSubject(options.get('subj'));
  let key: string;
  const keyFile = options.get('key');
  if (keyFile !== undefined) {
    key = await read(process, keyFile, 'private key');
    if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(key)) throw new Failure(`Could not read private key from ${keyFile}\n`);
  } else {
    key = newKey(process);
    void process.err(`${progress(process)}\n${progress(process)}\n-----\n`);
    deliver(process, options.get('keyout') ?? 'privkey.pem', key, 0o600);
  }
  if (!options.has('x509')) return deliver(process, options.get('out'), requestPem(subject, key));
  const san = /subjectAltName\s*=\s*(.*)/.exec(options.get('addext') ?? '')?.[1];
  deliver(process, options.get('out'), certificatePem(certificate(process, subject, Number(options.get('days') ?? 30), undefined, san)));
}

async function x509(process: Process, options: Options): Promise<void> {
  if (options.has('req')) return sign(process, options);
  const name = options.get('in'), text = await read(process, name, 'certificate'), found = readCertificate(text);
  if (!found) throw new Failure(`Could not read certificate from ${name ?? '<stdin>'}\nUnable to load certificate\n`);
  const [from, to] = [found.notBefore ?? process.now, found.notAfter ?? process.now];
  const show = (option: string, line: string) => options.has(option) && void process.out(`${line}\n`);
  if (options.has('pubkey')) void process.out(publicKeyPem(keyOwner(found)));
  show('serial', `serial=${certificateText.serial(found)}`);
  show('subject', `subject=${distinguishedName(certificateText.subject(found))}`);
  show('issuer', `issuer=CN = ${found.ca}`);
  if (options.has('dates') || options.has('startdate')) void process.out(`notBefore=${openSslDate(from)}\n`);
  if (options.has('dates') || options.has('enddate')) void process.out(`notAfter=${openSslDate(to)}\n`);
  if (options.has('text')) void process.out(certificateText(found, from, to));
  const within = options.get('checkend');
  if (within !== undefined) {
    const expires = to < process.now + Number(within) * 1e6;
    void process.out(`Certificate will ${expires ? '' : 'not '}expire\n`);
    if (expires) throw new Failure('');
  }
  if (!options.has('noout')) deliver(process, options.get('out'), text);
}

/** x509 -req: an authority's answer to a request. */
async function sign(process: Process, options: Options): Promise<void> {
  const subject = requestSubject(await read(process, options.get('in'), 'certificate request'));
  if (!subject) throw new Failure('Unable to load certificate request input\n');
  const caFile = options.get('CA');
  const ca = caFile === undefined ? undefined : readCertificate(await read(process, caFile, 'issuer certificate'));
  if (caFile !== undefined && !ca) throw new Failure(`Could not read issuer certificate from ${caFile}\n`);
  const caKey = options.get('CAkey');
  if (caKey !== undefined) await read(process, caKey, 'CA private key');
  void process.err(`Certificate request self-signature ok\nsubject=${distinguishedName(subject)}\n`);
  deliver(process, options.get('out'), certificatePem(certificate(process, subject, Number(options.get('days') ?? 30), ca)));
}

async function verify(process: Process, options: Options, files: string[]): Promise<void> {
  const ca = readCertificate(await read(process, options.get('CAfile'), 'CA file'));
  for (const file of files) {
    const found = readCertificate(await read(process, file, 'certificate'));
    if (!found) throw new Failure(`Could not read certificate from ${file}\nUnable to load certificate file\n`);
    const problem = found.ca !== ca?.cn ? 'error 20 at 0 depth lookup: unable to get local issuer certificate' : found.notAfter !== undefined && found.notAfter < process.now ? 'error 10 at 0 depth lookup: certificate has expired' : undefined;
    if (problem) throw new Failure(`${distinguishedName(certificateText.subject(found))}\n${problem}\nerror ${file}: verification failed\n`);
    void process.out(`${file}: OK\n`);
  }
}

function rand(process: Process, options: Options, [count = '']: string[]): void {
  const rng = process.world.rng.fork(`openssl/${process.machine.name}/${process.pid}/${process.now}`);
  const hex = rng.hex(2 * Number(count));
  if (!/^\d+$/.test(count)) throw new Failure('rand: Use -help for summary.\n');
  const bytes = (hex.match(/../g) ?? []).map((h) => parseInt(h, 16));
  deliver(process, options.get('out'), options.has('base64') ? `${bytesToBase64(bytes).replace(/.{64}/g, '$&\n').trimEnd()}\n` : options.has('hex') ? `${hex}\n` : String.fromCharCode(...bytes));
}

function certificate(process: Process, subject: Subject, days: number, ca?: Certificate, san?: string): Certificate {
  const cn = subject.find(([name]) => name === 'CN')?.[1] ?? '';
  const organizations = subject.filter(([name]) => name === 'O').map(([, value]) => value);
  const sans = san?.split(',').map((s) => s.trim().replace(/^(DNS|IP):/, '')) ?? [];
  const from = Math.floor(process.now / 1e6) * 1e6;
  return { cn, ...(organizations.length ? { organizations } : {}), ...(sans.length ? { sans } : {}), ca: ca?.cn ?? cn, notBefore: from, notAfter: from + days * DAY };
}

function parseSubject(text: string | undefined): Subject {
  if (text === undefined) throw new Failure('error, no objects specified in config file\nproblems making Certificate Request\n');
  if (!text.startsWith('/')) throw new Failure(`req: subject name is expected to be in the format /type0=value0/type1=value1/type2=... where characters may be escaped by \\. This name is not in that format: '${text}'\n`);
  const out: [string, string][] = [];
  for (const part of text.slice(1).split(/(?<!\\)\//).filter(Boolean)) {
    const at = part.indexOf('='), name = part.slice(0, at), value = part.slice(at + 1).replace(/\\(.)/g, '$1');
    if (!ATTRIBUTE_NAMES.has(name)) void 0;
    else if (value !== '') out.push([name, value]);
  }
  return out;
}

function newKey(process: Process): string {
  return privateKeyPem(process.world.rng.fork(`openssl/${process.machine.name}/${process.pid}/${process.now}`).hex(32)).replaceAll('RSA PRIVATE KEY', 'PRIVATE KEY');
}

/** The dots of the search for primes. */
function progress(process: Process): string {
  const rng = process.world.rng.fork(`openssl/progress/${process.pid}`);
  return [...rng.hex(40)].map((c) => (c < '3' ? '+' : '.')).join('') + '+++++++++++++++++++++++++++++++++++++++*';
}
