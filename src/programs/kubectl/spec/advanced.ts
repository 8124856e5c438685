import { type CommandSpec, FILES, PRINTS } from './command.ts';

/** Advanced commands. */
export const ADVANCED: Record<string, CommandSpec> = {
  diff: {
    use: 'diff -f FILENAME',
    short: 'Diff the live version against a would-be applied version',
    group: 'Advanced Commands',
    flags: `
      ${FILES} concurrency:int=1 field-manager:string=kubectl-client-side-apply force-conflicts:bool prune:bool prune-allowlist:list l/selector:string server-side:bool
      show-managed-fields:bool`,
  },
  apply: {
    use: 'apply (-f FILENAME | -k DIRECTORY)',
    short: 'Apply a configuration to a resource by file name or stdin',
    group: 'Advanced Commands',
    flags: `
      ${PRINTS} ${FILES} all:bool cascade:string=background dry-run:string=none field-manager:string=kubectl-client-side-apply force:bool force-conflicts:bool
      grace-period:int=-1 openapi-patch:bool=true overwrite:bool=true prune:bool prune-allowlist:list l/selector:string server-side:bool timeout:duration=0s
      validate:string=strict wait:bool record:bool prune-whitelist:strings`,
    commands: {
      'edit-last-applied': {
        use: 'apply edit-last-applied (RESOURCE/NAME | -f FILENAME)',
        short: 'Edit latest last-applied-configuration annotations of a resource/object',
        flags: `${PRINTS} ${FILES} field-manager:string=kubectl-client-side-apply validate:string=strict windows-line-endings:bool record:bool`,
      },
      'set-last-applied': {
        use: 'apply set-last-applied -f FILENAME',
        short: 'Set the last-applied-configuration annotation on a live object to match the contents of a file',
        flags: `${PRINTS} create-annotation:bool dry-run:string=none f/filename:list`,
      },
      'view-last-applied': {
        use: 'apply view-last-applied (TYPE [NAME | -l label] | TYPE/NAME | -f FILENAME)',
        short: 'View the latest last-applied-configuration annotations of a resource/object',
        flags: `${FILES} all:bool o/output:string=yaml l/selector:string`,
      },
    },
  },
  patch: {
    use: 'patch (-f FILENAME | TYPE NAME) [-p PATCH|--patch-file FILE]',
    short: 'Update fields of a resource',
    group: 'Advanced Commands',
    flags: `
      ${PRINTS} ${FILES} dry-run:string=none field-manager:string=kubectl-patch local:bool p/patch:string patch-file:string subresource:string type:string=strategic
      record:bool`,
  },
  replace: {
    use: 'replace -f FILENAME',
    short: 'Replace a resource by file name or stdin',
    group: 'Advanced Commands',
    flags: `
      ${PRINTS} ${FILES} cascade:string=background dry-run:string=none field-manager:string=kubectl-replace force:bool grace-period:int=-1 raw:string save-config:bool
      subresource:string timeout:duration=0s validate:string=strict wait:bool`,
  },
  wait: {
    use: "wait ([-f FILENAME] | resource.group/resource.name | resource.group [(-l label | --all)]) [--for=delete|--for condition=available|--for=jsonpath='{}'[=value]]",
    short: 'Experimental: Wait for a specific condition on one or many resources',
    group: 'Advanced Commands',
    flags: `${PRINTS} all:bool A/all-namespaces:bool field-selector:string f/filename:list for:string local:bool R/recursive:bool=true l/selector:string timeout:duration=30s`,
  },
  kustomize: {
    use: 'kustomize DIR [flags]',
    short: 'Build a kustomization target from a directory or URL',
    group: 'Advanced Commands',
    flags: `
      as-current-user:bool enable-alpha-plugins:bool enable-helm:bool e/env:strings helm-command:string=helm load-restrictor:string=LoadRestrictionsRootOnly mount:list
      network:bool network-name:string=bridge o/output:string`,
  },
};
