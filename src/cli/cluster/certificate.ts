import { createPrivateKey, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';

/** X.509 certificates (RFC 5280) on P-256 keys, as much as a server on loopback and its one client need. */
export interface Issued {
  certificate: string;
  key: string;
}

export interface Authority extends Issued {
  issue(subject: { cn: string; organization?: string }, names?: { dns?: string[]; ip?: string[] }): Issued;
}

export function createAuthority(cn: string): Authority {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const issuer = { cn };
  const ca: Issued = { certificate: certificate({ issuer, subject: issuer, publicKey, signer: privateKey, ca: true, names: {} }), key: pem(privateKey) };
  return {
    ...ca,
    issue: (subject, names = {}) => {
      const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      return { certificate: certificate({ issuer, subject, publicKey: pair.publicKey, signer: createPrivateKey(ca.key), ca: false, names }), key: pem(pair.privateKey) };
    },
  };
}

interface Name {
  cn: string;
  organization?: string;
}

interface Fields {
  issuer: Name;
  subject: Name;
  publicKey: KeyObject;
  signer: KeyObject;
  ca: boolean;
  names: { dns?: string[]; ip?: string[] };
}

function certificate({ issuer, subject, publicKey, signer, ca, names }: Fields): string {
  const algorithm = sequence(oid('2a8648ce3d040302'));
  const year = 365 * 86_400_000, now = Date.now();
  const body = sequence(
    tlv(0xa0, tlv(0x02, Buffer.from([2]))),
    tlv(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    algorithm,
    name(issuer),
    sequence(time(now - year / 365), time(now + year)),
    name(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    tlv(0xa3, sequence(...extensions(ca, names))),
  );
  const signature = sign('sha256', body, signer);
  const der = sequence(body, algorithm, tlv(0x03, Buffer.from([0]), signature));
  return `-----BEGIN CERTIFICATE-----\n${der.toString('base64').replace(/.{64}(?=.)/g, '$&\n')}\n-----END CERTIFICATE-----\n`;
}

function extensions(ca: boolean, { dns = [], ip = [] }: Fields['names']): Buffer[] {
  const extension = (id: string, value: Buffer, critical = false) => sequence(oid(id), ...(critical ? [tlv(0x01, Buffer.from([0xff]))] : []), tlv(0x04, value));
  const alternatives = [...dns.map((d) => tlv(0x82, Buffer.from(d))), ...ip.map((a) => tlv(0x87, Buffer.from(a.split('.').map(Number))))];
  return [
    extension('551d13', ca ? sequence(tlv(0x01, Buffer.from([0xff]))) : sequence(), true),
    ...(ca ? [] : [extension('551d25', sequence(oid('2b06010505070301'), oid('2b06010505070302')))]),
    ...(alternatives.length > 0 ? [extension('551d11', sequence(...alternatives))] : []),
  ];
}

function name({ cn, organization }: Name): Buffer {
  const attribute = (id: string, value: string) => tlv(0x31, sequence(oid(id), tlv(0x0c, Buffer.from(value))));
  return sequence(...(organization === undefined ? [] : [attribute('55040a', organization)]), attribute('550403', cn));
}

/** UTCTime, good until 2049. */
function time(milliseconds: number): Buffer {
  return tlv(0x17, Buffer.from(`${new Date(milliseconds).toISOString().replace(/[-:T]|\..*/g, '').slice(2)}Z`));
}

function oid(hex: string): Buffer {
  return tlv(0x06, Buffer.from(hex, 'hex'));
}

function sequence(...parts: Buffer[]): Buffer {
  return tlv(0x30, ...parts);
}

function tlv(tag: number, ...parts: Buffer[]): Buffer {
  const value = Buffer.concat(parts), n = value.length;
  const length = n < 0x80 ? [n] : n < 0x100 ? [0x81, n] : [0x82, n >> 8, n & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), value]);
}

function pem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }) as string;
}
