import { decode, DecodeError } from '../api/decode.ts';
import { kindOf } from '../api/kinds/index.ts';
import { validateMeta } from '../api/meta-validation.ts';
import { badDns1123Subdomain } from '../api/names.ts';
import { invalidValue } from '../api/field-errors.ts';
import { minorOf, splitApiVersion, typeOfKind } from '../api/scheme.ts';
import type { KubeObject } from '../api/types.ts';
import { validationOf } from '../api/validation-of.ts';
import { parseOnce } from '../runtime/yaml.ts';
import { rfc3339Nano } from '../runtime/log.ts';
import { sha256Hex } from '../runtime/sha256.ts';
import type { Micros } from '../../sim/clock.ts';
import { YamlError } from '../yaml/parse.ts';

/** A manifest that is no pod; the message is the kubelet's. */
export class ManifestError extends Error {}

const POD = { group: '', version: 'v1', resource: 'pods', namespaced: true };

/**
 * A file's pod with defaults and what the kubelet gives a static one (pkg/kubelet/config: file.go's extractFromFile, common.go's
 * tryDecodeSinglePod and applyDefaults). Throws ManifestError.
 */
export function staticPod(content: string, path: string, node: { name: string; version: string; now: Micros }): KubeObject {
  const pod = decodePod(content, path);
  if (!pod.metadata.name) throw new ManifestError('invalid pod: name is needed for the pod');
  const hash = sha256Hex(`${node.name} ${path} ${content}`).slice(0, 32);
  const { metadata, spec } = pod;
  kindOf(POD).defaults?.(pod);
  Object.assign(metadata, { namespace: metadata.namespace ?? 'default', name: `${metadata.name}-${node.name}`, uid: hash });
  metadata.annotations = { ...metadata.annotations, 'kubernetes.io/config.hash': hash, 'kubernetes.io/config.seen': rfc3339Nano(node.now), 'kubernetes.io/config.source': 'file' };
  Object.assign(spec, { nodeName: node.name, tolerations: [...(spec.tolerations ?? []), { effect: 'NoExecute', operator: 'Exists' }] });
  const wrong = [
    ...badDns1123Subdomain(metadata.name).map((why) => invalidValue('metadata.name', metadata.name, why)), ...validateMeta(pod, POD),
    ...(validationOf(POD).validate?.(pod, { minor: minorOf(node.version) }) ?? []),
  ];
  if (wrong.length > 0) throw new ManifestError(`invalid pod: [${wrong.map(({ field, message }) => `${field}: ${message}`).join(' ')}]`);
  return pod;
}

function decodePod(content: string, path: string): KubeObject {
  const refuse = (why: string) => new ManifestError(`${path}: couldn't parse as pod(${why}), please check config file`);
  let raw: unknown;
  try {
    raw = parseOnce(content);
  } catch (error) {
    if (error instanceof YamlError) throw refuse(error.message);
    throw error;
  }
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) throw refuse(`couldn't get version/kind; json parse error: json: cannot unmarshal ${Array.isArray(raw) ? 'array' : typeof raw} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`);
  const { apiVersion, kind } = raw as Partial<KubeObject>;
  if (!kind) throw refuse(`Object 'Kind' is missing in '${JSON.stringify(raw)}'`);
  if (!apiVersion) throw refuse(`Object 'apiVersion' is missing in '${JSON.stringify(raw)}'`);
  const { group, version } = splitApiVersion(apiVersion);
  const type = typeOfKind(group, version, kind);
  if (!type) throw refuse(`no kind "${kind}" is registered for version "${apiVersion}" in scheme "pkg/api/legacyscheme/scheme.go:30"`);
  try {
    const { object } = decode(raw, type);
    if (kind !== 'Pod') throw refuse(`invalid pod: a ${kind}`);
    object.metadata ??= { name: '' };
    object.spec ??= {};
    return object;
  } catch (error) {
    if (error instanceof DecodeError) throw refuse(`${kind} in version "${version}" cannot be handled as a ${kind}: ${error.message}`);
    throw error;
  }
}
