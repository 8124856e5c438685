/** k8s.io/apimachinery/pkg/util/validation: the rules of names, labels and ports. Each gives the messages of what is wrong. */

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const SUBDOMAIN = `${LABEL}(\\.${LABEL})*`;
const QUALIFIED = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const LABEL_VALUE = `(${QUALIFIED})?`;
const DNS1035 = '[a-z]([-a-z0-9]*[a-z0-9])?';

const whole = (pattern: string) => new RegExp(`^${pattern}$`);
const R_LABEL = whole(LABEL), R_SUBDOMAIN = whole(SUBDOMAIN), R_QUALIFIED = whole(QUALIFIED), R_VALUE = whole(LABEL_VALUE), R_1035 = whole(DNS1035);

function maxLen(n: number): string {
  return `must be no more than ${n} characters`;
}

/** validation.RegexError. */
function regexError(message: string, pattern: string, ...examples: string[]): string {
  if (examples.length === 0) return `${message} (regex used for validation is '${pattern}')`;
  return `${message} (e.g. ${examples.map((e) => `'${e}', `).join(' or ')}regex used for validation is '${pattern}')`;
}

export function badDns1123Label(text: string): string[] {
  const out: string[] = [];
  if (text.length > 63) out.push(maxLen(63));
  if (!R_LABEL.test(text)) {
    if (R_SUBDOMAIN.test(text)) out.push('must not contain dots');
    else out.push(regexError("a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character", LABEL, 'my-name', '123-abc'));
  }
  return out;
}

export function badDns1123Subdomain(text: string): string[] {
  const out: string[] = [];
  if (text.length > 253) out.push(maxLen(253));
  if (!R_SUBDOMAIN.test(text)) out.push(regexError("a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character", SUBDOMAIN, 'example.com'));
  return out;
}

export function badDns1035Label(text: string): string[] {
  const out: string[] = [];
  if (text.length > 63) out.push(maxLen(63));
  if (!R_1035.test(text)) out.push(regexError("a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character", DNS1035, 'my-name', 'abc-123'));
  return out;
}

export function badWildcardSubdomain(text: string): string[] {
  const pattern = `\\*\\.${SUBDOMAIN}`;
  const out: string[] = [];
  if (text.length > 253) out.push(maxLen(253));
  if (!whole(pattern).test(text)) out.push(regexError('a wildcard DNS-1123 subdomain must start with \'*.\', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, \'-\' or \'.\' and end with an alphanumeric character', pattern, '*.example.com'));
  return out;
}

/** A label's or annotation's key: [prefix/]name. */
export function badLabelKey(key: string): string[] {
  const parts = key.split('/');
  const out: string[] = [];
  let name: string;
  if (parts.length === 1) name = parts[0]!;
  else if (parts.length === 2) {
    const prefix = parts[0]!;
    name = parts[1]!;
    if (prefix === '') out.push('prefix part must be non-empty');
    else out.push(...badDns1123Subdomain(prefix).map((m) => `prefix part ${m}`));
  } else {
    return [`a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '${QUALIFIED}') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`];
  }
  if (name === '') out.push('name part must be non-empty');
  else if (name.length > 63) out.push(`name part ${maxLen(63)}`);
  if (!R_QUALIFIED.test(name)) out.push(`name part ${regexError("must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character", QUALIFIED, 'MyName', 'my.name', '123-abc')}`);
  return out;
}

export function badLabelValue(value: string): string[] {
  const out: string[] = [];
  if (value.length > 63) out.push(maxLen(63));
  if (!R_VALUE.test(value)) out.push(regexError("a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character", LABEL_VALUE, 'MyValue', 'my_value', '12345'));
  return out;
}

export function badPortNumber(port: number): string[] {
  return port >= 1 && port <= 65535 ? [] : ['must be between 1 and 65535, inclusive'];
}

export function badPortName(name: string): string[] {
  const out: string[] = [];
  if (name.length > 15) out.push(maxLen(15));
  if (!/^[-a-z0-9]+$/.test(name)) out.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  if (!/[a-z]/.test(name)) out.push('must contain at least one letter (a-z)');
  if (name.includes('--')) out.push('must not contain consecutive hyphens');
  if (name.startsWith('-') || name.endsWith('-')) out.push('must not begin or end with a hyphen');
  return out;
}

export function badEnvVarName(name: string): string[] {
  const pattern = '[-._a-zA-Z][-._a-zA-Z0-9]*';
  const out: string[] = [];
  if (!whole(pattern).test(name)) out.push(regexError("a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit", pattern, 'my.env-name', 'MY_ENV.NAME', 'MyEnvName1'));
  if (name === '.') out.push("must not be '.'");
  else if (name === '..') out.push("must not be '..'");
  else if (name.startsWith('..')) out.push("must not start with '..'");
  return out;
}

export function badConfigMapKey(key: string): string[] {
  const pattern = '[-._a-zA-Z0-9]+';
  const out: string[] = [];
  if (key.length > 253) out.push(maxLen(253));
  if (!whole(pattern).test(key)) out.push(regexError("a valid config key must consist of alphanumeric characters, '-', '_' or '.'", pattern, 'key.name', 'KEY_NAME', 'key-name'));
  if (key === '.') out.push("must not be '.'");
  else if (key === '..') out.push("must not be '..'");
  else if (key.startsWith('..')) out.push("must not start with '..'");
  return out;
}

export function badIp(text: string): string[] {
  return isIp(text) ? [] : ['must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'];
}

export function isIp(text: string): boolean {
  return isIpv4(text) || isIpv6(text);
}

export function badHttpHeaderName(name: string): string[] {
  const pattern = '[-A-Za-z0-9]+';
  return whole(pattern).test(name) ? [] : [regexError("a valid HTTP header must consist of alphanumeric characters or '-'", pattern, 'X-Header-Name')];
}

export function isIpv4(text: string): boolean {
  const parts = text.split('.');
  return parts.length === 4 && parts.every((p) => /^(0|[1-9]\d{0,2})$/.test(p) && Number(p) <= 255);
}

function isIpv6(text: string): boolean {
  if (!/^[0-9a-fA-F:.]+$/.test(text) || !text.includes(':')) return false;
  const halves = text.split('::');
  if (halves.length > 2) return false;
  const groups = halves.flatMap((h) => (h === '' ? [] : h.split(':')));
  const v4 = groups.at(-1)?.includes('.') ?? false;
  if (v4 && !isIpv4(groups.at(-1)!)) return false;
  const n = groups.length + (v4 ? 1 : 0);
  return groups.every((g, i) => (v4 && i === groups.length - 1) || /^[0-9a-fA-F]{1,4}$/.test(g)) && (halves.length === 2 ? n < 8 : n === 8);
}

/** Path segment names (RBAC kinds): anything but what a URL cannot carry. */
export function badPathSegment(name: string): string[] {
  if (name === '.') return ["may not be '.'"];
  if (name === '..') return ["may not be '..'"];
  const out: string[] = [];
  for (const c of ['/', '%']) if (name.includes(c)) out.push(`may not contain '${c}'`);
  return out;
}
