import { type CommandSpec, FILES, PRINTS } from './command.ts';

/** Cluster management commands. */
export const CLUSTER: Record<string, CommandSpec> = {
  certificate: {
    use: 'certificate SUBCOMMAND',
    short: 'Modify certificate resources',
    group: 'Cluster Management Commands',
    commands: {
      approve: {
        use: 'certificate approve (-f FILENAME | NAME)',
        short: 'Approve a certificate signing request',
        flags: `${PRINTS} ${FILES} force:bool`,
      },
      deny: {
        use: 'certificate deny (-f FILENAME | NAME)',
        short: 'Deny a certificate signing request',
        flags: `${PRINTS} ${FILES} force:bool`,
      },
    },
  },
  'cluster-info': {
    use: 'cluster-info [flags]',
    short: 'Display cluster information',
    group: 'Cluster Management Commands',
    commands: {
      dump: {
        use: 'cluster-info dump [flags]',
        short: 'Dump relevant information for debugging and diagnosis',
        flags: `
          A/all-namespaces:bool allow-missing-template-keys:bool=true namespaces:list o/output:string=json output-directory:string pod-running-timeout:duration=20s
          show-managed-fields:bool template:string`,
      },
    },
  },
  top: {
    use: 'top [flags]',
    short: 'Display resource (CPU/memory) usage',
    group: 'Cluster Management Commands',
    commands: {
      node: {
        use: 'top node [NAME | -l label]',
        short: 'Display resource (CPU/memory) usage of nodes',
        aliases: 'node, nodes, no',
        flags: 'no-headers:bool l/selector:string show-capacity:bool sort-by:string use-protocol-buffers:bool=true',
      },
      pod: {
        use: 'top pod [NAME | -l label]',
        short: 'Display resource (CPU/memory) usage of pods',
        aliases: 'pod, pods, po',
        flags: 'A/all-namespaces:bool containers:bool field-selector:string no-headers:bool l/selector:string sort-by:string sum:bool use-protocol-buffers:bool=true',
      },
    },
  },
  cordon: {
    use: 'cordon NODE',
    short: 'Mark node as unschedulable',
    group: 'Cluster Management Commands',
    flags: 'dry-run:string=none l/selector:string',
  },
  uncordon: {
    use: 'uncordon NODE',
    short: 'Mark node as schedulable',
    group: 'Cluster Management Commands',
    flags: 'dry-run:string=none l/selector:string',
  },
  drain: {
    use: 'drain NODE',
    short: 'Drain node in preparation for maintenance',
    group: 'Cluster Management Commands',
    flags: `
      chunk-size:int=500 delete-emptydir-data:bool disable-eviction:bool dry-run:string=none force:bool grace-period:int=-1 ignore-daemonsets:bool pod-selector:string
      l/selector:string skip-wait-for-delete-timeout:int=0 timeout:duration=0s delete-local-data:bool`,
  },
  taint: {
    use: 'taint NODE NAME KEY_1=VAL_1:TAINT_EFFECT_1 ... KEY_N=VAL_N:TAINT_EFFECT_N',
    short: 'Update the taints on one or more nodes',
    group: 'Cluster Management Commands',
    flags: `${PRINTS} all:bool dry-run:string=none field-manager:string=kubectl-taint overwrite:bool l/selector:string validate:string=strict`,
  },
};
