export type RecordType = 'A' | 'AAAA' | 'SRV' | 'PTR' | 'CNAME' | 'TXT' | 'NS' | 'SOA' | 'MX' | 'HINFO' | 'ANY';
export type Rcode = 'NOERROR' | 'FORMERR' | 'SERVFAIL' | 'NXDOMAIN' | 'NOTIMP' | 'REFUSED';

export interface DnsRecord {
  /** Absolute, with the final dot. */
  name: string;
  type: RecordType;
  ttl: number;
  /** As dig prints it: an address, a name, `0 50 80 name.`, a quoted text. */
  data: string;
}

/** A DNS message as its fields; on the wire it has the size that RFC 1035 gives it. */
export interface DnsMessage {
  kind: 'dns';
  id: number;
  /** Header bits. */
  response: boolean;
  authoritative: boolean;
  truncated: boolean;
  recursionDesired: boolean;
  recursionAvailable: boolean;
  rcode: Rcode;
  question: { name: string; type: RecordType };
  answer: DnsRecord[];
  authority: DnsRecord[];
  additional: DnsRecord[];
  /** UDP payload size of an OPT record, when there is one. */
  edns?: number;
  /** The COOKIE option that dig sends: bytes. */
  cookie?: number;
}

export function dnsQuery(id: number, name: string, type: RecordType): DnsMessage {
  return {
    kind: 'dns', id, response: false, authoritative: false, truncated: false, recursionDesired: true, recursionAvailable: false, rcode: 'NOERROR',
    question: { name, type }, answer: [], authority: [], additional: [],
  };
}

/** Bytes on the wire, names compressed as servers do (a name seen before costs two), or each written out. */
export function dnsLength(m: DnsMessage, { compressed = true } = {}): number {
  const seen = new Set<string>();
  const name = (n: string): number => {
    let size = 0;
    for (let rest = n.replace(/\.$/, '').toLowerCase(); rest !== ''; ) {
      if (compressed && seen.has(rest)) return size + 2;
      seen.add(rest);
      const dot = rest.indexOf('.');
      const label = dot < 0 ? rest : rest.slice(0, dot);
      size += label.length + 1;
      rest = dot < 0 ? '' : rest.slice(dot + 1);
    }
    return size + 1;
  };
  let size = 12 + name(m.question.name) + 4;
  for (const r of [...m.answer, ...m.authority, ...m.additional]) size += name(r.name) + 10 + dataLength(r, name);
  if (m.edns !== undefined) size += 11 + (m.cookie ? 4 + m.cookie : 0);
  return size;
}

function dataLength(r: DnsRecord, name: (n: string) => number): number {
  const words = r.data.split(' ');
  switch (r.type) {
    case 'A': return 4;
    case 'AAAA': return 16;
    case 'SRV': return 6 + (words[3] ?? '').length + 1;
    case 'MX': return 2 + name(words[1] ?? '');
    case 'SOA': return name(words[0] ?? '') + name(words[1] ?? '') + 20;
    case 'TXT': return r.data.length - 1;
    case 'HINFO': return r.data.length - 3;
    default: return name(r.data);
  }
}
