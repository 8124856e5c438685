import { beforeAll, describe, expect, test } from 'vitest';
import type { World } from '../../../src/linux/world.ts';
import { bootScenario } from '../../../src/scenarios/index.ts';
import { kindPodman } from '../../../src/scenarios/kind-podman/index.ts';
import { runCommand } from '../../../src/shell/session.ts';
import { SECOND } from '../../../src/sim/clock.ts';

let world: World;
const run = (command: string, machine = 'mac') => runCommand(world, machine, command);
const apply = async (yaml: string) => (await run(`kubectl apply -f - <<'FIN'\n${yaml}\nFIN`)).output;

const CRD = (rule: string) => `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: escalas.curso.es}
spec:
  group: curso.es
  scope: Namespaced
  names: {plural: escalas, singular: escala, kind: Escala, listKind: EscalaList}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            x-kubernetes-validations:
            - rule: ${rule}
            - rule: self.replicas <= self.max
              message: replicas no puede pasar de max
            properties:
              min: {type: integer}
              max: {type: integer}
              replicas: {type: integer}
              clase:
                type: string
                x-kubernetes-validations:
                - {rule: self == oldSelf, message: la clase no cambia, reason: FieldValueForbidden}`;
const escala = (spec: string) => `apiVersion: curso.es/v1\nkind: Escala\nmetadata: {name: a}\nspec: ${spec}`;

describe('rules of a CustomResourceDefinition', () => {
  beforeAll(() => {
    world = bootScenario(kindPodman(), { seed: 'cel' });
  });

  test('a rule that is no expression is refused with the definition', async () => {
    expect(await apply(CRD('"self.min <= maximo"'))).toBe(`The CustomResourceDefinition "escalas.curso.es" is invalid: spec.versions[0].schema.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].rule: Invalid value: "self.min <= maximo": compilation failed: ERROR: <input>:1:13: undeclared reference to 'maximo' (in container '')
 | self.min <= maximo
 | ............^
`);
    expect(await apply(CRD('self.min <= self.replicas'))).toBe('customresourcedefinition.apiextensions.k8s.io/escalas.curso.es created\n');
  });

  test('objects must hold to them; those of oldSelf only when there was one', async () => {
    expect(await apply(escala('{min: 3, replicas: 9, max: 5}'))).toBe('The Escala "a" is invalid: spec: Invalid value: "object": replicas no puede pasar de max\n');
    expect(await apply(escala('{min: 3, replicas: 2, max: 5}'))).toBe('The Escala "a" is invalid: spec: Invalid value: "object": failed rule: self.min <= self.replicas\n');
    expect(await apply(escala('{replicas: 2, max: 5}'))).toContain('no such key: min: evaluating rule: self.min <= self.replicas');
    expect(await apply(escala('{min: 1, replicas: 2, max: 5, clase: oro}'))).toBe('escala.curso.es/a created\n');
    expect(await apply(escala('{min: 1, replicas: 3, max: 5, clase: plata}'))).toBe('The Escala "a" is invalid: spec.clase: Forbidden: la clase no cambia\n');
  });
});

describe('ValidatingAdmissionPolicy', () => {
  const POLICY = (validation: string) => `apiVersion: admissionregistration.k8s.io/v1beta1
kind: ValidatingAdmissionPolicy
metadata: {name: pocas.curso.es}
spec:
  failurePolicy: Fail
  matchConstraints:
    resourceRules:
    - {apiGroups: [apps], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [deployments]}
  variables:
  - {name: cuantas, expression: object.spec.replicas}
  validations:
  - ${validation}`;
  const BINDING = (action: string) => `apiVersion: admissionregistration.k8s.io/v1beta1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: pocas-en-pruebas}
spec:
  policyName: pocas.curso.es
  validationActions: [${action}]
  matchResources:
    namespaceSelector: {matchLabels: {entorno: pruebas}}`;

  beforeAll(() => {
    world = bootScenario(kindPodman(), { seed: 'vap' });
  });

  test('1.28 does not serve it', async () => {
    expect(await apply(POLICY('expression: variables.cuantas <= 5'))).toContain('no matches for kind "ValidatingAdmissionPolicy" in version "admissionregistration.k8s.io/v1beta1"');
  });

  test('with its gate and its version of the API it refuses, and only what the binding selects', async () => {
    await run("sed -i 's/    - --allow-privileged=true/    - --allow-privileged=true\\n    - --feature-gates=ValidatingAdmissionPolicy=true\\n    - --runtime-config=admissionregistration.k8s.io\\/v1beta1=true/' /etc/kubernetes/manifests/kube-apiserver.yaml", 'control-plane');
    await world.advance(world.clock.now + 60 * SECOND);
    expect(await apply(POLICY('expression: object.spec.replicas <= maximo'))).toContain("compilation failed: ERROR: <input>:1:25: undeclared reference to 'maximo'");
    expect(await apply(POLICY('expression: variables.cuantas <= 5'))).toBe('validatingadmissionpolicy.admissionregistration.k8s.io/pocas.curso.es created\n');
    expect(await apply(BINDING('Deny, Warn'))).toContain('must not contain both Deny and Warn');
    expect(await apply(BINDING('Deny'))).toBe('validatingadmissionpolicybinding.admissionregistration.k8s.io/pocas-en-pruebas created\n');
    expect((await run('kubectl get validatingadmissionpolicies; kubectl get validatingadmissionpolicybindings')).stdout).toMatch(/^NAME +VALIDATIONS +PARAMKIND +AGE\npocas\.curso\.es +1 +<unset> +\d+s\nNAME +POLICYNAME +PARAMREF +AGE\npocas-en-pruebas +pocas\.curso\.es +<unset> +\d+s\n$/);
    await run('kubectl create ns pruebas; kubectl label ns pruebas entorno=pruebas');
    const create = (namespace: string) => run(`kubectl create deployment web --image=nginx --replicas=6 -n ${namespace}`);
    expect((await create('default')).code).toBe(0);
    expect((await create('pruebas')).stderr).toBe(`error: failed to create deployment: deployments.apps "web" is forbidden: ValidatingAdmissionPolicy 'pocas.curso.es' with binding 'pocas-en-pruebas' denied request: failed expression: variables.cuantas <= 5\n`);
  });

  test('Warn says it and lets it pass', async () => {
    await apply(BINDING('Warn'));
    const { stdout, stderr } = await run('kubectl create deployment web --image=nginx --replicas=6 -n pruebas');
    expect(stdout).toBe('deployment.apps/web created\n');
    expect(stderr).toBe("Warning: Validation failed for ValidatingAdmissionPolicy 'pocas.curso.es' with binding 'pocas-en-pruebas': failed expression: variables.cuantas <= 5\n");
  });
});
