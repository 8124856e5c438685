import { type FieldError, invalidValue } from '../../../api/field-errors.ts';

/** The policy that a namespace's labels ask for (k8s.io/pod-security-admission/api). */

export type Level = 'privileged' | 'baseline' | 'restricted';
/** The minor of v1.x; Infinity is `latest`. */
export interface LevelVersion {
  level: Level;
  minor: number;
}
export interface Policy {
  enforce: LevelVersion;
  audit: LevelVersion;
  warn: LevelVersion;
}

const LEVELS: readonly Level[] = ['privileged', 'baseline', 'restricted'];
const PREFIX = 'pod-security.kubernetes.io/';

/** A label that cannot be read stands for the strictest of `enforce` and for the loosest of the others; `wrong` tells of it. */
export function policyOf(labels: Record<string, string> | undefined): { policy: Policy; wrong: FieldError[] } {
  const policy: Policy = { enforce: anything(), audit: anything(), warn: anything() };
  const wrong: FieldError[] = [];
  if (!labels) return { policy, wrong };
  let enforced = false;
  for (const mode of ['enforce', 'audit', 'warn'] as const) {
    const level = labels[PREFIX + mode], version = labels[`${PREFIX}${mode}-version`];
    if (level !== undefined) {
      if ((LEVELS as readonly string[]).includes(level)) {
        policy[mode].level = level as Level;
        if (mode === 'enforce') enforced = true;
      } else {
        policy[mode].level = mode === 'enforce' ? 'restricted' : 'privileged';
        wrong.push(invalidValue(`metadata.labels[${PREFIX}${mode}]`, level, `must be one of ${LEVELS.join(', ')}`));
      }
    }
    if (version === undefined) continue;
    const minor = version === 'latest' ? Infinity : /^v1\.(\d|[1-9]\d*)$/.exec(version)?.[1];
    if (minor === undefined) wrong.push(invalidValue(`metadata.labels[${PREFIX}${mode}-version]`, version, 'must be "latest" or "v1.x"'));
    policy[mode].minor = minor === undefined ? Infinity : Number(minor);
  }
  if (labels[`${PREFIX}warn`] === undefined && enforced && stricter(policy.enforce.level, policy.warn.level)) {
    policy.warn.level = policy.enforce.level;
    if (labels[`${PREFIX}warn-version`] === undefined) policy.warn.minor = policy.enforce.minor;
  }
  return { policy, wrong };
}

export function stricter(a: Level, b: Level): boolean {
  return LEVELS.indexOf(a) > LEVELS.indexOf(b);
}

export function sameLevel(a: LevelVersion, b: LevelVersion): boolean {
  return a.level === b.level && a.minor === b.minor;
}

/** `restricted:latest`, `baseline:v1.24`. */
export function levelText({ level, minor }: LevelVersion): string {
  return `${level}:${minor === Infinity ? 'latest' : `v1.${minor}`}`;
}

function anything(): LevelVersion {
  return { level: 'privileged', minor: Infinity };
}
