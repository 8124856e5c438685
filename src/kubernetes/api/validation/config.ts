import { atob } from '../base64.ts';
import type { KubeObject } from '../types.ts';
import { badConfigMapKey } from '../names.ts';
import { type FieldError, invalidValue, requiredValue, tooLong } from '../field-errors.ts';
import { goJsonError } from '../go-json-error.ts';
import { eachKey } from './rules.ts';

/** ConfigMaps and Secrets (pkg/apis/core/validation). */

/** MaxSecretSize, of all keys' values together. */
const MAX_SIZE = 1024 * 1024;

type Data = Record<string, string>;

export function validateConfigMap(o: KubeObject): FieldError[] {
  const data = (o['data'] ?? {}) as Data, binary = (o['binaryData'] ?? {}) as Data, keys = (map: Data, at: string) => eachKey(map, at, badKey);
  const twice = eachKey(data, 'data', (key, _, at) => (key in binary ? [invalidValue(at, key, 'duplicate of key present in binaryData')] : []));
  return [...keys(data, 'data'), ...twice, ...keys(binary, 'binaryData'), ...(textSize(data) + bytesSize(binary) > MAX_SIZE ? [tooLong('[]', MAX_SIZE)] : [])];
}

/** Keys that a type of Secret has to have. */
const KEYS: Record<string, string[]> = { 'kubernetes.io/tls': ['tls.crt', 'tls.key'], 'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'], 'kubernetes.io/dockercfg': ['.dockercfg'] };

export function validateSecret(o: KubeObject): FieldError[] {
  const data = (o['data'] ?? {}) as Data, type = (o['type'] ?? '') as string, out = eachKey(data, 'data', badKey), docker = type.startsWith('kubernetes.io/dockerc') ? KEYS[type]?.[0] : undefined;
  if (bytesSize(data) > MAX_SIZE) out.push(tooLong('data', MAX_SIZE));
  if (type === 'kubernetes.io/service-account-token' && !o.metadata.annotations?.['kubernetes.io/service-account.name']) out.push(requiredValue('metadata.annotations[kubernetes.io/service-account.name]'));
  for (const key of (Object.hasOwn(KEYS, type) ? KEYS[type] : undefined) ?? []) if (!(key in data)) out.push(requiredValue(`data[${key}]`));
  const wrong = docker && data[docker] !== undefined ? notAnObject(atob(data[docker])) : undefined;
  if (wrong) out.push(invalidValue(`data[${docker}]`, '<secret contents redacted>', wrong));
  if (type === 'kubernetes.io/ssh-auth' && !data['ssh-privatekey']) out.push(requiredValue('data[ssh-privatekey]'));
  if (type === 'kubernetes.io/basic-auth' && !('username' in data) && !('password' in data)) out.push(requiredValue('data[username]'), requiredValue('data[password]'));
  return out;
}

function badKey(key: string, _: unknown, at: string): FieldError[] {
  return badConfigMapKey(key).map((why) => invalidValue(at, key, why));
}

function textSize(data: Data): number {
  return Object.values(data).reduce((sum, v) => sum + (/^[\x00-\x7f]*$/.test(v) ? v.length : new TextEncoder().encode(v).length), 0);
}

/** Of what base64 stands for. */
function bytesSize(data: Data): number {
  return Object.values(data).reduce((sum, v) => sum + Math.floor((v.length * 3) / 4) - (v.endsWith('==') ? 2 : v.endsWith('=') ? 1 : 0), 0);
}

/** What json.Unmarshal says of a text that is no JSON object. */
function notAnObject(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (value === null || (typeof value === 'object' && !Array.isArray(value))) return undefined;
    return `json: cannot unmarshal ${Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value} into Go value of type map[string]interface {}`;
  } catch {
    const { message } = goJsonError(text);
    return message === 'unexpected EOF' ? 'unexpected end of JSON input' : message;
  }
}
