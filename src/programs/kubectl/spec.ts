// Every command of kubectl v1.28 with its usage line, short text and flags (flags.ts says how they are written), in the
// order in which they are registered, which is the order of suggestions.

export interface CommandSpec {
  use: string;
  short: string;
  group?: string;
  aliases?: string;
  /** Flags that must be given, separated by spaces. */
  required?: string;
  flags?: string;
  commands?: Record<string, CommandSpec>;
}

export const GLOBAL_FLAGS = `
  as:string as-group:strings as-uid:string cache-dir:string certificate-authority:string client-certificate:string client-key:string
  cluster:string context:string disable-compression:bool insecure-skip-tls-verify:bool kubeconfig:string
  log-flush-frequency:duration=5s match-server-version:bool n/namespace:string password:string profile:string=none
  profile-output:string=profile.pprof request-timeout:string=0 s/server:string tls-server-name:string token:string user:string
  username:string v/v:int=0 vmodule:string warnings-as-errors:bool`;

export const COMMANDS: Record<string, CommandSpec> = {
  create: {
    use: 'create -f FILENAME',
    short: 'Create a resource from a file or from stdin',
    group: 'Basic Commands (Beginner)',
    flags: `
      allow-missing-template-keys:bool=true dry-run:string=none edit:bool field-manager:string=kubectl-create f/filename:list
      k/kustomize:string o/output:string raw:string R/recursive:bool save-config:bool l/selector:string show-managed-fields:bool
      template:string validate:string=strict windows-line-endings:bool record:bool`,
    commands: {
      clusterrole: {
        use: 'create clusterrole NAME --verb=verb --resource=resource.group [--resource-name=resourcename] [--dry-run=server|client|none]',
        short: 'Create a cluster role',
        flags: `
          aggregation-rule:map allow-missing-template-keys:bool=true dry-run:string=none field-manager:string=kubectl-create
          non-resource-url:list o/output:string resource:list resource-name:list save-config:bool show-managed-fields:bool template:string
          validate:string=strict verb:list`,
      },
      clusterrolebinding: {
        use: 'create clusterrolebinding NAME --clusterrole=NAME [--user=username] [--group=groupname] [--serviceaccount=namespace:serviceaccountname] [--dry-run=server|client|none]',
        short: 'Create a cluster role binding for a particular cluster role',
        required: 'clusterrole',
        flags: `
          allow-missing-template-keys:bool=true clusterrole:string dry-run:string=none field-manager:string=kubectl-create group:strings
          o/output:string save-config:bool serviceaccount:strings show-managed-fields:bool template:string user:list validate:string=strict`,
      },
      configmap: {
        use: 'create configmap NAME [--from-file=[key=]source] [--from-literal=key1=value1] [--dry-run=server|client|none]',
        short: 'Create a config map from a local file, directory or literal value',
        aliases: 'configmap, cm',
        flags: `
          allow-missing-template-keys:bool=true append-hash:bool dry-run:string=none field-manager:string=kubectl-create from-env-file:list
          from-file:strings from-literal:strings o/output:string save-config:bool show-managed-fields:bool template:string
          validate:string=strict`,
      },
      cronjob: {
        use: "create cronjob NAME --image=image --schedule='0/5 * * * ?' -- [COMMAND] [args...] [flags]",
        short: 'Create a cron job with the specified name',
        required: 'image schedule',
        aliases: 'cronjob, cj',
        flags: `
          allow-missing-template-keys:bool=true dry-run:string=none field-manager:string=kubectl-create image:string o/output:string
          restart:string save-config:bool schedule:string show-managed-fields:bool template:string validate:string=strict`,
      },
      deployment: {
        use: 'create deployment NAME --image=image -- [COMMAND] [args...]',
        short: 'Create a deployment with the specified name',
        required: 'image',
        aliases: 'deployment, deploy',
        flags: `
          allow-missing-template-keys:bool=true dry-run:string=none field-manager:string=kubectl-create image:list o/output:string
          port:int=-1 r/replicas:int=1 save-config:bool show-managed-fields:bool template:string validate:string=strict`,
      },
      ingress: {
        use: 'create ingress NAME --rule=host/path=service:port[,tls[=secret]] ',
        short: 'Create an ingress with the specified name',
        aliases: 'ingress, ing',
        flags: `
          allow-missing-template-keys:bool=true annotation:list class:string default-backend:string dry-run:string=none
          field-manager:string=kubectl-create o/output:string rule:strings save-config:bool show-managed-fields:bool template:string
          validate:string=strict`,
      },
      job: {
        use: 'create job NAME --image=image [--from=cronjob/name] -- [COMMAND] [args...]',
        short: 'Create a job with the specified name',
        flags: `
          allow-missing-template-keys:bool=true dry-run:string=none field-manager:string=kubectl-create from:string image:string
          o/output:string save-config:bool show-managed-fields:bool template:string validate:string=strict`,
      },
      namespace: {
        use: 'create namespace NAME [--dry-run=server|client|none]',
        short: 'Create a namespace with the specified name',
        aliases: 'namespace, ns',
        flags: `
          allow-missing-template-keys:bool=true dry-run:string=none field-manager:string=kubectl-create o/output:string save-config:bool
          show-managed-fields:bool template:string validate:string=strict`,
      },
      poddisruptionbudget: {
        use: 'create poddisruptionbudget NAME --selector=SELECTOR --min-available=N [--dry-run=server|client|none]',
        short: 'Create a pod disruption budget with the specified name',
        aliases: 'poddisruptionbudget, pdb',
        flags: `
          allow-missing-template-keys:bool=true dry-run:string=none field-manager:string=kubectl-create max-unavailable:string
          min-available:string o/output:string save-config:bool selector:string show-managed-fields:bool template:string
          validate:string=strict`,
      },
      priorityclass: {
        use: 'create priorityclass NAME --value=VALUE --global-default=BOOL [--dry-run=server|client|none]',
        short: 'Create a priority class with the specified name',
        aliases: 'priorityclass, pc',
        flags: `
          allow-missing-template-keys:bool=true description:string dry-run:string=none field-manager:string=kubectl-create
          global-default:bool o/output:string preemption-policy:string=PreemptLowerPriority save-config:bool show-managed-fields:bool
          template:string validate:string=strict value:int=0`,
      },
      quota: {
        use: 'create quota NAME [--hard=key1=value1,key2=value2] [--scopes=Scope1,Scope2] [--dry-run=server|client|none]',
        short: 'Create a quota with the specified name',
        aliases: 'quota, resourcequota',
        flags: `
          allow-missing-template-keys:bool=true dry-run:string=none field-manager:string=kubectl-create hard:string o/output:string
          save-config:bool scopes:string show-managed-fields:bool template:string validate:string=strict`,
      },
      role: {
        use: 'create role NAME --verb=verb --resource=resource.group/subresource [--resource-name=resourcename] [--dry-run=server|client|none]',
        short: 'Create a role with single rule',
        flags: `
          allow-missing-template-keys:bool=true dry-run:string=none field-manager:string=kubectl-create o/output:string resource:list
          resource-name:list save-config:bool show-managed-fields:bool template:string validate:string=strict verb:list`,
      },
      rolebinding: {
        use: 'create rolebinding NAME --clusterrole=NAME|--role=NAME [--user=username] [--group=groupname] [--serviceaccount=namespace:serviceaccountname] [--dry-run=server|client|none]',
        short: 'Create a role binding for a particular role or cluster role',
        flags: `
          allow-missing-template-keys:bool=true clusterrole:string dry-run:string=none field-manager:string=kubectl-create group:strings
          o/output:string role:string save-config:bool serviceaccount:strings show-managed-fields:bool template:string user:list
          validate:string=strict`,
      },
      secret: {
        use: 'create secret (docker-registry | generic | tls)',
        short: 'Create a secret using a specified subcommand',
        commands: {
          'docker-registry': {
            use: 'create secret docker-registry NAME --docker-username=user --docker-password=password --docker-email=email [--docker-server=string] [--from-file=[key=]source] [--dry-run=server|client|none]',
            short: 'Create a secret for use with a Docker registry',
            flags: `
              allow-missing-template-keys:bool=true append-hash:bool docker-email:string docker-password:string
              docker-server:string=https://index.docker.io/v1/ docker-username:string dry-run:string=none field-manager:string=kubectl-create
              from-file:strings o/output:string save-config:bool show-managed-fields:bool template:string validate:string=strict`,
          },
          generic: {
            use: 'create secret generic NAME [--type=string] [--from-file=[key=]source] [--from-literal=key1=value1] [--dry-run=server|client|none]',
            short: 'Create a secret from a local file, directory, or literal value',
            flags: `
              allow-missing-template-keys:bool=true append-hash:bool dry-run:string=none field-manager:string=kubectl-create from-env-file:list
              from-file:strings from-literal:strings o/output:string save-config:bool show-managed-fields:bool template:string type:string
              validate:string=strict`,
          },
          tls: {
            use: 'create secret tls NAME --cert=path/to/cert/file --key=path/to/key/file [--dry-run=server|client|none]',
            short: 'Create a TLS secret',
            flags: `
              allow-missing-template-keys:bool=true append-hash:bool cert:string dry-run:string=none field-manager:string=kubectl-create
              key:string o/output:string save-config:bool show-managed-fields:bool template:string validate:string=strict`,
          },
        },
      },
      service: {
        use: 'create service [flags]',
        short: 'Create a service using a specified subcommand',
        aliases: 'service, svc',
        commands: {
          clusterip: {
            use: 'create service clusterip NAME [--tcp=<port>:<targetPort>] [--dry-run=server|client|none]',
            short: 'Create a ClusterIP service',
            flags: `
              allow-missing-template-keys:bool=true clusterip:string dry-run:string=none field-manager:string=kubectl-create o/output:string
              save-config:bool show-managed-fields:bool tcp:list template:string validate:string=strict`,
          },
          externalname: {
            use: 'create service externalname NAME --external-name external.name [--dry-run=server|client|none]',
            short: 'Create an ExternalName service',
            required: 'external-name',
            flags: `
              allow-missing-template-keys:bool=true dry-run:string=none external-name:string field-manager:string=kubectl-create
              o/output:string save-config:bool show-managed-fields:bool tcp:list template:string validate:string=strict`,
          },
          loadbalancer: {
            use: 'create service loadbalancer NAME [--tcp=port:targetPort] [--dry-run=server|client|none]',
            short: 'Create a LoadBalancer service',
            flags: `
              allow-missing-template-keys:bool=true dry-run:string=none field-manager:string=kubectl-create o/output:string save-config:bool
              show-managed-fields:bool tcp:list template:string validate:string=strict`,
          },
          nodeport: {
            use: 'create service nodeport NAME [--tcp=port:targetPort] [--dry-run=server|client|none]',
            short: 'Create a NodePort service',
            flags: `
              allow-missing-template-keys:bool=true dry-run:string=none field-manager:string=kubectl-create node-port:int=0 o/output:string
              save-config:bool show-managed-fields:bool tcp:list template:string validate:string=strict`,
          },
        },
      },
      serviceaccount: {
        use: 'create serviceaccount NAME [--dry-run=server|client|none]',
        short: 'Create a service account with the specified name',
        aliases: 'serviceaccount, sa',
        flags: `
          allow-missing-template-keys:bool=true dry-run:string=none field-manager:string=kubectl-create o/output:string save-config:bool
          show-managed-fields:bool template:string validate:string=strict`,
      },
      token: {
        use: 'create token SERVICE_ACCOUNT_NAME',
        short: 'Request a service account token',
        flags: `
          allow-missing-template-keys:bool=true audience:strings bound-object-kind:string bound-object-name:string bound-object-uid:string
          duration:duration=0s o/output:string show-managed-fields:bool template:string`,
      },
    },
  },
  expose: {
    use: 'expose (-f FILENAME | TYPE NAME) [--port=port] [--protocol=TCP|UDP|SCTP] [--target-port=number-or-name] [--name=name] [--external-ip=external-ip-of-service] [--type=type]',
    short: 'Take a replication controller, service, deployment or pod and expose it as a new Kubernetes service',
    group: 'Basic Commands (Beginner)',
    flags: `
      allow-missing-template-keys:bool=true cluster-ip:string dry-run:string=none external-ip:string
      field-manager:string=kubectl-expose f/filename:list k/kustomize:string l/labels:string load-balancer-ip:string name:string
      o/output:string override-type:string=merge overrides:string port:string protocol:string R/recursive:bool save-config:bool
      selector:string session-affinity:string show-managed-fields:bool target-port:string template:string type:string record:bool`,
  },
  run: {
    use: 'run NAME --image=image [--env="key=value"] [--port=port] [--dry-run=server|client] [--overrides=inline-json] [--command] -- [COMMAND] [args...]',
    short: 'Run a particular image on the cluster',
    required: 'image',
    group: 'Basic Commands (Beginner)',
    flags: `
      allow-missing-template-keys:bool=true annotations:list attach:bool command:bool dry-run:string=none env:strings expose:bool
      field-manager:string=kubectl-run image:string image-pull-policy:string l/labels:string leave-stdin-open:bool o/output:string
      override-type:string=merge overrides:string pod-running-timeout:duration=1m0s port:string privileged:bool q/quiet:bool
      restart:string=Always rm:bool save-config:bool show-managed-fields:bool i/stdin:bool template:string t/tty:bool record:bool cascade:string=background f/filename:list force:bool grace-period:int=-1 k/kustomize:string R/recursive:bool timeout:duration=0s wait:bool`,
  },
  set: {
    use: 'set SUBCOMMAND',
    short: 'Set specific features on objects',
    group: 'Basic Commands (Beginner)',
    commands: {
      env: {
        use: 'set env RESOURCE/NAME KEY_1=VAL_1 ... KEY_N=VAL_N',
        short: 'Update environment variables on a pod template',
        flags: `
          all:bool allow-missing-template-keys:bool=true c/containers:string=* dry-run:string=none e/env:strings
          field-manager:string=kubectl-set f/filename:list from:string keys:list k/kustomize:string list:bool local:bool o/output:string
          overwrite:bool=true prefix:string R/recursive:bool resolve:bool l/selector:string show-managed-fields:bool template:string`,
      },
      image: {
        use: 'set image (-f FILENAME | TYPE NAME) CONTAINER_NAME_1=CONTAINER_IMAGE_1 ... CONTAINER_NAME_N=CONTAINER_IMAGE_N',
        short: 'Update the image of a pod template',
        flags: `
          all:bool allow-missing-template-keys:bool=true dry-run:string=none field-manager:string=kubectl-set f/filename:list
          k/kustomize:string local:bool o/output:string R/recursive:bool l/selector:string show-managed-fields:bool template:string record:bool`,
      },
      resources: {
        use: 'set resources (-f FILENAME | TYPE NAME)  ([--limits=LIMITS & --requests=REQUESTS]',
        short: 'Update resource requests/limits on objects with pod templates',
        flags: `
          all:bool allow-missing-template-keys:bool=true c/containers:string=* dry-run:string=none field-manager:string=kubectl-set
          f/filename:list k/kustomize:string limits:string local:bool o/output:string R/recursive:bool requests:string l/selector:string
          show-managed-fields:bool template:string record:bool`,
      },
      selector: {
        use: 'set selector (-f FILENAME | TYPE NAME) EXPRESSIONS [--resource-version=version]',
        short: 'Set the selector on a resource',
        flags: `
          all:bool allow-missing-template-keys:bool=true dry-run:string=none field-manager:string=kubectl-set f/filename:list local:bool
          o/output:string R/recursive:bool=true resource-version:string show-managed-fields:bool template:string record:bool`,
      },
      serviceaccount: {
        use: 'set serviceaccount (-f FILENAME | TYPE NAME) SERVICE_ACCOUNT',
        short: 'Update the service account of a resource',
        aliases: 'serviceaccount, sa',
        flags: `
          all:bool allow-missing-template-keys:bool=true dry-run:string=none field-manager:string=kubectl-set f/filename:list
          k/kustomize:string local:bool o/output:string R/recursive:bool show-managed-fields:bool template:string record:bool`,
      },
      subject: {
        use: 'set subject (-f FILENAME | TYPE NAME) [--user=username] [--group=groupname] [--serviceaccount=namespace:serviceaccountname] [--dry-run=server|client|none]',
        short: 'Update the user, group, or service account in a role binding or cluster role binding',
        flags: `
          all:bool allow-missing-template-keys:bool=true dry-run:string=none field-manager:string=kubectl-set f/filename:list group:strings
          k/kustomize:string local:bool o/output:string R/recursive:bool l/selector:string serviceaccount:strings show-managed-fields:bool
          template:string user:list`,
      },
    },
  },
  explain: {
    use: 'explain TYPE [--recursive=FALSE|TRUE] [--api-version=api-version-group] [--output=plaintext|plaintext-openapiv2]',
    short: 'Get documentation for a resource',
    group: 'Basic Commands (Intermediate)',
    flags: `
      api-version:string output:string=plaintext recursive:bool`,
  },
  get: {
    use: 'get [(-o|--output=)json|yaml|name|go-template|go-template-file|template|templatefile|jsonpath|jsonpath-as-json|jsonpath-file|custom-columns|custom-columns-file|wide] (TYPE[.VERSION][.GROUP] [NAME | -l label] | TYPE[.VERSION][.GROUP]/NAME ...) [flags]',
    short: 'Display one or many resources',
    group: 'Basic Commands (Intermediate)',
    flags: `
      A/all-namespaces:bool allow-missing-template-keys:bool=true chunk-size:int=500 field-selector:string f/filename:list
      ignore-not-found:bool k/kustomize:string L/label-columns:list no-headers:bool o/output:string output-watch-events:bool raw:string
      R/recursive:bool l/selector:string server-print:bool=true show-kind:bool show-labels:bool show-managed-fields:bool sort-by:string
      subresource:string template:string w/watch:bool watch-only:bool`,
  },
  edit: {
    use: 'edit (RESOURCE/NAME | -f FILENAME)',
    short: 'Edit a resource on the server',
    group: 'Basic Commands (Intermediate)',
    flags: `
      allow-missing-template-keys:bool=true field-manager:string=kubectl-edit f/filename:list k/kustomize:string o/output:string
      output-patch:bool R/recursive:bool save-config:bool show-managed-fields:bool subresource:string template:string
      validate:string=strict windows-line-endings:bool record:bool`,
  },
  delete: {
    use: 'delete ([-f FILENAME] | [-k DIRECTORY] | TYPE [(NAME | -l label | --all)])',
    short: 'Delete resources by file names, stdin, resources and names, or by resources and label selector',
    group: 'Basic Commands (Intermediate)',
    flags: `
      all:bool A/all-namespaces:bool cascade:string=background dry-run:string=none field-selector:string f/filename:list force:bool
      grace-period:int=-1 ignore-not-found:bool k/kustomize:string now:bool o/output:string raw:string R/recursive:bool
      l/selector:string timeout:duration=0s wait:bool=true`,
  },
  rollout: {
    use: 'rollout SUBCOMMAND',
    short: 'Manage the rollout of a resource',
    group: 'Deploy Commands',
    commands: {
      history: {
        use: 'rollout history (TYPE NAME | TYPE/NAME) [flags]',
        short: 'View rollout history',
        flags: `
          allow-missing-template-keys:bool=true f/filename:list k/kustomize:string o/output:string R/recursive:bool revision:int=0
          l/selector:string show-managed-fields:bool template:string`,
      },
      pause: {
        use: 'rollout pause RESOURCE',
        short: 'Mark the provided resource as paused',
        flags: `
          allow-missing-template-keys:bool=true field-manager:string=kubectl-rollout f/filename:list k/kustomize:string o/output:string
          R/recursive:bool l/selector:string show-managed-fields:bool template:string`,
      },
      restart: {
        use: 'rollout restart RESOURCE',
        short: 'Restart a resource',
        flags: `
          allow-missing-template-keys:bool=true field-manager:string=kubectl-rollout f/filename:list k/kustomize:string o/output:string
          R/recursive:bool l/selector:string show-managed-fields:bool template:string`,
      },
      resume: {
        use: 'rollout resume RESOURCE',
        short: 'Resume a paused resource',
        flags: `
          allow-missing-template-keys:bool=true field-manager:string=kubectl-rollout f/filename:list k/kustomize:string o/output:string
          R/recursive:bool l/selector:string show-managed-fields:bool template:string`,
      },
      status: {
        use: 'rollout status (TYPE NAME | TYPE/NAME) [flags]',
        short: 'Show the status of the rollout',
        flags: `
          f/filename:list k/kustomize:string R/recursive:bool revision:int=0 l/selector:string timeout:duration=0s w/watch:bool=true`,
      },
      undo: {
        use: 'rollout undo (TYPE NAME | TYPE/NAME) [flags]',
        short: 'Undo a previous rollout',
        flags: `
          allow-missing-template-keys:bool=true dry-run:string=none f/filename:list k/kustomize:string o/output:string R/recursive:bool
          l/selector:string show-managed-fields:bool template:string to-revision:int=0`,
      },
    },
  },
  scale: {
    use: 'scale [--resource-version=version] [--current-replicas=count] --replicas=COUNT (-f FILENAME | TYPE NAME)',
    short: 'Set a new size for a deployment, replica set, or replication controller',
    required: 'replicas',
    group: 'Deploy Commands',
    flags: `
      all:bool allow-missing-template-keys:bool=true current-replicas:int=-1 dry-run:string=none f/filename:list k/kustomize:string
      o/output:string R/recursive:bool replicas:int=0 resource-version:string l/selector:string show-managed-fields:bool
      template:string timeout:duration=0s record:bool`,
  },
  autoscale: {
    use: 'autoscale (-f FILENAME | TYPE NAME | TYPE/NAME) [--min=MINPODS] --max=MAXPODS [--cpu-percent=CPU]',
    short: 'Auto-scale a deployment, replica set, stateful set, or replication controller',
    required: 'max',
    group: 'Deploy Commands',
    flags: `
      allow-missing-template-keys:bool=true cpu-percent:int=-1 dry-run:string=none field-manager:string=kubectl-autoscale
      f/filename:list k/kustomize:string max:int=-1 min:int=-1 name:string o/output:string R/recursive:bool save-config:bool
      show-managed-fields:bool template:string record:bool`,
  },
  certificate: {
    use: 'certificate SUBCOMMAND',
    short: 'Modify certificate resources',
    group: 'Cluster Management Commands',
    commands: {
      approve: {
        use: 'certificate approve (-f FILENAME | NAME)',
        short: 'Approve a certificate signing request',
        flags: `
          allow-missing-template-keys:bool=true f/filename:list force:bool k/kustomize:string o/output:string R/recursive:bool
          show-managed-fields:bool template:string`,
      },
      deny: {
        use: 'certificate deny (-f FILENAME | NAME)',
        short: 'Deny a certificate signing request',
        flags: `
          allow-missing-template-keys:bool=true f/filename:list force:bool k/kustomize:string o/output:string R/recursive:bool
          show-managed-fields:bool template:string`,
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
          A/all-namespaces:bool allow-missing-template-keys:bool=true namespaces:list o/output:string=json output-directory:string
          pod-running-timeout:duration=20s show-managed-fields:bool template:string`,
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
        flags: `
          no-headers:bool l/selector:string show-capacity:bool sort-by:string use-protocol-buffers:bool=true`,
      },
      pod: {
        use: 'top pod [NAME | -l label]',
        short: 'Display resource (CPU/memory) usage of pods',
        aliases: 'pod, pods, po',
        flags: `
          A/all-namespaces:bool containers:bool field-selector:string no-headers:bool l/selector:string sort-by:string sum:bool
          use-protocol-buffers:bool=true`,
      },
    },
  },
  cordon: {
    use: 'cordon NODE',
    short: 'Mark node as unschedulable',
    group: 'Cluster Management Commands',
    flags: `
      dry-run:string=none l/selector:string`,
  },
  uncordon: {
    use: 'uncordon NODE',
    short: 'Mark node as schedulable',
    group: 'Cluster Management Commands',
    flags: `
      dry-run:string=none l/selector:string`,
  },
  drain: {
    use: 'drain NODE',
    short: 'Drain node in preparation for maintenance',
    group: 'Cluster Management Commands',
    flags: `
      chunk-size:int=500 delete-emptydir-data:bool disable-eviction:bool dry-run:string=none force:bool grace-period:int=-1
      ignore-daemonsets:bool pod-selector:string l/selector:string skip-wait-for-delete-timeout:int=0 timeout:duration=0s delete-local-data:bool`,
  },
  taint: {
    use: 'taint NODE NAME KEY_1=VAL_1:TAINT_EFFECT_1 ... KEY_N=VAL_N:TAINT_EFFECT_N',
    short: 'Update the taints on one or more nodes',
    group: 'Cluster Management Commands',
    flags: `
      all:bool allow-missing-template-keys:bool=true dry-run:string=none field-manager:string=kubectl-taint o/output:string
      overwrite:bool l/selector:string show-managed-fields:bool template:string validate:string=strict`,
  },
  describe: {
    use: 'describe (-f FILENAME | TYPE [NAME_PREFIX | -l label] | TYPE/NAME)',
    short: 'Show details of a specific resource or group of resources',
    group: 'Troubleshooting and Debugging Commands',
    flags: `
      A/all-namespaces:bool chunk-size:int=500 f/filename:list k/kustomize:string R/recursive:bool l/selector:string
      show-events:bool=true`,
  },
  logs: {
    use: 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]',
    short: 'Print the logs for a container in a pod',
    group: 'Troubleshooting and Debugging Commands',
    flags: `
      all-containers:bool c/container:string f/follow:bool ignore-errors:bool insecure-skip-tls-verify-backend:bool limit-bytes:int=0
      max-log-requests:int=5 pod-running-timeout:duration=20s prefix:bool p/previous:bool l/selector:string since:duration=0s
      since-time:string tail:int=-1 timestamps:bool`,
  },
  attach: {
    use: 'attach (POD | TYPE/NAME) -c CONTAINER',
    short: 'Attach to a running container',
    group: 'Troubleshooting and Debugging Commands',
    flags: `
      c/container:string pod-running-timeout:duration=1m0s q/quiet:bool i/stdin:bool t/tty:bool`,
  },
  exec: {
    use: 'exec (POD | TYPE/NAME) [-c CONTAINER] [flags] -- COMMAND [args...]',
    short: 'Execute a command in a container',
    group: 'Troubleshooting and Debugging Commands',
    flags: `
      c/container:string f/filename:list pod-running-timeout:duration=1m0s q/quiet:bool i/stdin:bool t/tty:bool`,
  },
  'port-forward': {
    use: 'port-forward TYPE/NAME [options] [LOCAL_PORT:]REMOTE_PORT [...[LOCAL_PORT_N:]REMOTE_PORT_N]',
    short: 'Forward one or more local ports to a pod',
    group: 'Troubleshooting and Debugging Commands',
    flags: `
      address:string=[localhost] pod-running-timeout:duration=1m0s`,
  },
  proxy: {
    use: 'proxy [--port=PORT] [--www=static-dir] [--www-prefix=prefix] [--api-prefix=prefix]',
    short: 'Run a proxy to the Kubernetes API server',
    group: 'Troubleshooting and Debugging Commands',
    flags: `
      accept-hosts:string=^localhost$,^127\.0\.0\.1$,^\[::1\]$ accept-paths:string=^.* address:string=127.0.0.1 api-prefix:string=/
      append-server-path:bool disable-filter:bool keepalive:duration=0s p/port:int=8001 reject-methods:string=^$
      reject-paths:string=^/api/.*/pods/.*/exec,^/api/.*/pods/.*/attach u/unix-socket:string w/www:string P/www-prefix:string=/static/`,
  },
  cp: {
    use: 'cp <file-spec-src> <file-spec-dest>',
    short: 'Copy files and directories to and from containers',
    group: 'Troubleshooting and Debugging Commands',
    flags: `
      c/container:string no-preserve:bool retries:int=0`,
  },
  auth: {
    use: 'auth [flags]',
    short: 'Inspect authorization',
    group: 'Troubleshooting and Debugging Commands',
    commands: {
      'can-i': {
        use: 'auth can-i VERB [TYPE | TYPE/NAME | NONRESOURCEURL]',
        short: 'Check whether an action is allowed',
        flags: `
          A/all-namespaces:bool list:bool no-headers:bool q/quiet:bool subresource:string`,
      },
      reconcile: {
        use: 'auth reconcile -f FILENAME',
        short: 'Reconciles rules for RBAC role, role binding, cluster role, and cluster role binding objects',
        flags: `
          allow-missing-template-keys:bool=true dry-run:string=none f/filename:list k/kustomize:string o/output:string R/recursive:bool
          remove-extra-permissions:bool remove-extra-subjects:bool show-managed-fields:bool template:string`,
      },
      whoami: {
        use: 'auth whoami',
        short: 'Experimental: Check self subject attributes',
        flags: `
          allow-missing-template-keys:bool=true o/output:string show-managed-fields:bool template:string`,
      },
    },
  },
  debug: {
    use: 'debug (POD | TYPE[[.VERSION].GROUP]/NAME) [ -- COMMAND [args...] ]',
    short: 'Create debugging sessions for troubleshooting workloads and nodes',
    group: 'Troubleshooting and Debugging Commands',
    flags: `
      arguments-only:bool attach:bool c/container:string copy-to:string env:strings f/filename:list image:string
      image-pull-policy:string profile:string=legacy q/quiet:bool replace:bool same-node:bool set-image:list share-processes:bool=true
      i/stdin:bool target:string t/tty:bool`,
  },
  events: {
    use: 'events [(-o|--output=)json|yaml|name|go-template|go-template-file|template|templatefile|jsonpath|jsonpath-as-json|jsonpath-file] [--for TYPE/NAME] [--watch] [--event=Normal,Warning]',
    short: 'List events',
    group: 'Troubleshooting and Debugging Commands',
    flags: `
      A/all-namespaces:bool allow-missing-template-keys:bool=true chunk-size:int=500 for:string no-headers:bool o/output:string
      show-managed-fields:bool template:string types:list w/watch:bool`,
  },
  diff: {
    use: 'diff -f FILENAME',
    short: 'Diff the live version against a would-be applied version',
    group: 'Advanced Commands',
    flags: `
      concurrency:int=1 field-manager:string=kubectl-client-side-apply f/filename:list force-conflicts:bool k/kustomize:string
      prune:bool prune-allowlist:list R/recursive:bool l/selector:string server-side:bool show-managed-fields:bool`,
  },
  apply: {
    use: 'apply (-f FILENAME | -k DIRECTORY)',
    short: 'Apply a configuration to a resource by file name or stdin',
    group: 'Advanced Commands',
    flags: `
      all:bool allow-missing-template-keys:bool=true cascade:string=background dry-run:string=none
      field-manager:string=kubectl-client-side-apply f/filename:list force:bool force-conflicts:bool grace-period:int=-1
      k/kustomize:string openapi-patch:bool=true o/output:string overwrite:bool=true prune:bool prune-allowlist:list R/recursive:bool
      l/selector:string server-side:bool show-managed-fields:bool template:string timeout:duration=0s validate:string=strict wait:bool record:bool prune-whitelist:strings`,
    commands: {
      'edit-last-applied': {
        use: 'apply edit-last-applied (RESOURCE/NAME | -f FILENAME)',
        short: 'Edit latest last-applied-configuration annotations of a resource/object',
        flags: `
          allow-missing-template-keys:bool=true field-manager:string=kubectl-client-side-apply f/filename:list k/kustomize:string
          o/output:string R/recursive:bool show-managed-fields:bool template:string validate:string=strict windows-line-endings:bool record:bool`,
      },
      'set-last-applied': {
        use: 'apply set-last-applied -f FILENAME',
        short: 'Set the last-applied-configuration annotation on a live object to match the contents of a file',
        flags: `
          allow-missing-template-keys:bool=true create-annotation:bool dry-run:string=none f/filename:list o/output:string
          show-managed-fields:bool template:string`,
      },
      'view-last-applied': {
        use: 'apply view-last-applied (TYPE [NAME | -l label] | TYPE/NAME | -f FILENAME)',
        short: 'View the latest last-applied-configuration annotations of a resource/object',
        flags: `
          all:bool f/filename:list k/kustomize:string o/output:string=yaml R/recursive:bool l/selector:string`,
      },
    },
  },
  patch: {
    use: 'patch (-f FILENAME | TYPE NAME) [-p PATCH|--patch-file FILE]',
    short: 'Update fields of a resource',
    group: 'Advanced Commands',
    flags: `
      allow-missing-template-keys:bool=true dry-run:string=none field-manager:string=kubectl-patch f/filename:list k/kustomize:string
      local:bool o/output:string p/patch:string patch-file:string R/recursive:bool show-managed-fields:bool subresource:string
      template:string type:string=strategic record:bool`,
  },
  replace: {
    use: 'replace -f FILENAME',
    short: 'Replace a resource by file name or stdin',
    group: 'Advanced Commands',
    flags: `
      allow-missing-template-keys:bool=true cascade:string=background dry-run:string=none field-manager:string=kubectl-replace
      f/filename:list force:bool grace-period:int=-1 k/kustomize:string o/output:string raw:string R/recursive:bool save-config:bool
      show-managed-fields:bool subresource:string template:string timeout:duration=0s validate:string=strict wait:bool`,
  },
  wait: {
    use: "wait ([-f FILENAME] | resource.group/resource.name | resource.group [(-l label | --all)]) [--for=delete|--for condition=available|--for=jsonpath='{}'[=value]]",
    short: 'Experimental: Wait for a specific condition on one or many resources',
    group: 'Advanced Commands',
    flags: `
      all:bool A/all-namespaces:bool allow-missing-template-keys:bool=true field-selector:string f/filename:list for:string local:bool
      o/output:string R/recursive:bool=true l/selector:string show-managed-fields:bool template:string timeout:duration=30s`,
  },
  kustomize: {
    use: 'kustomize DIR [flags]',
    short: 'Build a kustomization target from a directory or URL',
    group: 'Advanced Commands',
    flags: `
      as-current-user:bool enable-alpha-plugins:bool enable-helm:bool e/env:strings helm-command:string=helm
      load-restrictor:string=LoadRestrictionsRootOnly mount:list network:bool network-name:string=bridge o/output:string`,
  },
  label: {
    use: 'label [--overwrite] (-f FILENAME | TYPE NAME) KEY_1=VAL_1 ... KEY_N=VAL_N [--resource-version=version]',
    short: 'Update the labels on a resource',
    group: 'Settings Commands',
    flags: `
      all:bool A/all-namespaces:bool allow-missing-template-keys:bool=true dry-run:string=none field-manager:string=kubectl-label
      field-selector:string f/filename:list k/kustomize:string list:bool local:bool o/output:string overwrite:bool R/recursive:bool
      resource-version:string l/selector:string show-managed-fields:bool template:string record:bool`,
  },
  annotate: {
    use: 'annotate [--overwrite] (-f FILENAME | TYPE NAME) KEY_1=VAL_1 ... KEY_N=VAL_N [--resource-version=version]',
    short: 'Update the annotations on a resource',
    group: 'Settings Commands',
    flags: `
      all:bool A/all-namespaces:bool allow-missing-template-keys:bool=true dry-run:string=none field-manager:string=kubectl-annotate
      field-selector:string f/filename:list k/kustomize:string list:bool local:bool o/output:string overwrite:bool R/recursive:bool
      resource-version:string l/selector:string show-managed-fields:bool template:string record:bool`,
  },
  completion: {
    use: 'completion SHELL',
    short: 'Output shell completion code for the specified shell (bash, zsh, fish, or powershell)',
    group: 'Settings Commands',
  },
  'api-resources': {
    use: 'api-resources [flags]',
    short: 'Print the supported API resources on the server',
    group: 'Other Commands',
    flags: `
      api-group:string cached:bool categories:list namespaced:bool=true no-headers:bool o/output:string sort-by:string verbs:list`,
  },
  'api-versions': {
    use: 'api-versions',
    short: 'Print the supported API versions on the server, in the form of "group/version"',
    group: 'Other Commands',
  },
  config: {
    use: 'config SUBCOMMAND',
    short: 'Modify kubeconfig files',
    group: 'Other Commands',
    commands: {
      'current-context': {
        use: 'config current-context [flags]',
        short: 'Display the current-context',
      },
      'delete-cluster': {
        use: 'config delete-cluster NAME',
        short: 'Delete the specified cluster from the kubeconfig',
      },
      'delete-context': {
        use: 'config delete-context NAME',
        short: 'Delete the specified context from the kubeconfig',
      },
      'delete-user': {
        use: 'config delete-user NAME',
        short: 'Delete the specified user from the kubeconfig',
      },
      'get-clusters': {
        use: 'config get-clusters [flags]',
        short: 'Display clusters defined in the kubeconfig',
      },
      'get-contexts': {
        use: 'config get-contexts [(-o|--output=)name)]',
        short: 'Describe one or many contexts',
        flags: `
          no-headers:bool o/output:string`,
      },
      'get-users': {
        use: 'config get-users [flags]',
        short: 'Display users defined in the kubeconfig',
      },
      'rename-context': {
        use: 'config rename-context CONTEXT_NAME NEW_NAME',
        short: 'Rename a context from the kubeconfig file',
      },
      set: {
        use: 'config set PROPERTY_NAME PROPERTY_VALUE',
        short: 'Set an individual value in a kubeconfig file',
        flags: `
          set-raw-bytes:bool`,
      },
      'set-cluster': {
        use: 'config set-cluster NAME [--server=server] [--certificate-authority=path/to/certificate/authority] [--insecure-skip-tls-verify=true] [--tls-server-name=example.com]',
        short: 'Set a cluster entry in kubeconfig',
        flags: `
          certificate-authority:string embed-certs:bool insecure-skip-tls-verify:bool proxy-url:string server:string tls-server-name:string`,
      },
      'set-context': {
        use: 'config set-context [NAME | --current] [--cluster=cluster_nickname] [--user=user_nickname] [--namespace=namespace]',
        short: 'Set a context entry in kubeconfig',
        flags: `
          cluster:string current:bool namespace:string user:string`,
      },
      'set-credentials': {
        use: 'config set-credentials NAME [--client-certificate=path/to/certfile] [--client-key=path/to/keyfile] [--token=bearer_token] [--username=basic_user] [--password=basic_password] [--auth-provider=provider_name] [--auth-provider-arg=key=value] [--exec-command=exec_command] [--exec-api-version=exec_api_version] [--exec-arg=arg] [--exec-env=key=value]',
        short: 'Set a user entry in kubeconfig',
        flags: `
          auth-provider:string auth-provider-arg:strings client-certificate:string client-key:string embed-certs:bool
          exec-api-version:string exec-arg:strings exec-command:string exec-env:strings password:string token:string username:string`,
      },
      unset: {
        use: 'config unset PROPERTY_NAME',
        short: 'Unset an individual value in a kubeconfig file',
      },
      'use-context': {
        use: 'config use-context CONTEXT_NAME',
        short: 'Set the current-context in a kubeconfig file',
        aliases: 'use-context, use',
      },
      view: {
        use: 'config view [flags]',
        short: 'Display merged kubeconfig settings or a specified kubeconfig file',
        flags: `
          allow-missing-template-keys:bool=true flatten:bool merge:bool=true minify:bool o/output:string=yaml raw:bool
          show-managed-fields:bool template:string`,
      },
    },
  },
  plugin: {
    use: 'plugin [flags]',
    short: 'Provides utilities for interacting with plugins',
    group: 'Other Commands',
    commands: {
      list: {
        use: 'plugin list [flags]',
        short: "List all visible plugin executables on a user's PATH",
        flags: `
          name-only:bool`,
      },
    },
  },
  version: {
    use: 'version [flags]',
    short: 'Print the client and server version information',
    group: 'Other Commands',
    flags: `
      client:bool o/output:string`,
  },
  alpha: { use: 'alpha', short: 'Commands for features in alpha' },
  options: { use: 'options', short: 'Print the list of flags inherited by all commands' },
  help: { use: 'help [command] | STRING_TO_SEARCH', short: 'Help about any command' },
};
