// The cluster's components read YAML as kubectl does: src/kubernetes/yaml.
export * from '../../../kubernetes/yaml/parse.ts';
