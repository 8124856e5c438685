import type { Section } from './exercise.ts';

const crd = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: operators.stable.example.com
spec:
  group: stable.example.com
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
            properties: {email: {type: string}, name: {type: string}, age: {type: integer}}
  scope: Namespaced
  names: {plural: operators, singular: operator, kind: Operator, shortNames: [op]}
`;
const operator = (age: string) => `apiVersion: stable.example.com/v1\nkind: Operator\nmetadata: {name: operator-sample}\nspec: {email: operator-sample@stable.example.com, name: "operator sample", age: ${age}}\n`;

export const customResources: Section = [
  { run: 'kubectl apply -f operator-crd.yml', files: { 'operator-crd.yml': crd }, shows: 'customresourcedefinition.apiextensions.k8s.io/operators.stable.example.com created' },
  { run: 'kubectl apply -f operator.yml', files: { 'operator.yml': operator('thirty') }, code: 1, shows: 'spec.age: Invalid value: "string": spec.age in body must be of type integer: "string"' },
  { run: 'kubectl apply -f operator.yml', files: { 'operator.yml': operator('30') }, shows: 'operator.stable.example.com/operator-sample created' },
  { run: 'kubectl get operators', shows: /^operator-sample +\d+s$/m },
  { run: 'kubectl get operator', shows: 'operator-sample' },
  { run: 'kubectl get op', shows: 'operator-sample' },
];
