/** openssl rsa and pkey of public keys, dgst. */
import { FileError } from '../../linux/files.ts';
import { md5, sha1, sha256 } from '../../linux/digest.ts';
import type { Process } from '../../linux/process.ts';
import { base64ToBytes } from '../../kubernetes/runtime/certificate-request.ts';
import { deliver, Failure, read } from './files.ts';
import type { Options } from './index.ts';

/** A public key out of what is read, as PEM or DER (whose bytes are characters, as in every pipe here). */
export async function publicKey(process: Process, options: Options, writing: string): Promise<void> {
  const file = options.get('in'), what = options.has('pubin') ? 'public key' : 'private key';
  const pem = (options.has('pubin') ? /-----BEGIN PUBLIC KEY-----\n([^-]*)-----END PUBLIC KEY-----\n/ : /-----BEGIN (?:RSA )?PRIVATE KEY-----\n([^-]*)-----END (?:RSA )?PRIVATE KEY-----\n/).exec(await read(process, file, what));
  if (!pem) throw new Failure(`Could not read ${what} from ${file ?? '<stdin>'}\n`);
  if (options.has('noout')) return;
  await process.err(writing);
  deliver(process, options.get('out'), options.get('outform')?.toLowerCase() === 'der' ? String.fromCharCode(...base64ToBytes(pem[1]!)) : pem[0]);
}

const DIGESTS = { sha256: ['SHA2-256', sha256], sha1: ['SHA1', sha1], md5: ['MD5', md5] } as const;

/** dgst: of files, or of standard input. */
export async function digest(process: Process, options: Options, files: string[]): Promise<void> {
  const [label, hash] = DIGESTS[(['sha1', 'md5'] as const).find((name) => options.has(name)) ?? 'sha256'];
  let missing = '';
  for (const file of files.length > 0 ? files : [undefined]) {
    try {
      const text = file === undefined ? await process.readAll() : process.fs.readFile(file, process.cwd), sum = hash(new TextEncoder().encode(text));
      deliver(process, options.get('out'), options.has('r') ? `${sum} *${file ?? 'stdin'}\n` : `${label}(${file ?? 'stdin'})= ${sum}\n`);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      missing += `${file}: ${error.errno === 'ENOENT' ? 'No such file or directory' : error.message}\n`;
    }
  }
  if (missing !== '') throw new Failure(missing);
}
