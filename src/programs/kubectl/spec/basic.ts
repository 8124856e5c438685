import { type CommandSpec, FILES, PRINTS } from './command.ts';

/** Basic commands besides create. */
export const BASIC: Record<string, CommandSpec> = {
  expose: {
    use: 'expose (-f FILENAME | TYPE NAME) [--port=port] [--protocol=TCP|UDP|SCTP] [--target-port=number-or-name] [--name=name] [--external-ip=external-ip-of-service] [--type=type]',
    short: 'Take a replication controller, service, deployment or pod and expose it as a new Kubernetes service',
    group: 'Basic Commands (Beginner)',
    flags: `
      ${PRINTS} ${FILES} cluster-ip:string dry-run:string=none external-ip:string field-manager:string=kubectl-expose l/labels:string load-balancer-ip:string name:string
      override-type:string=merge overrides:string port:string protocol:string save-config:bool selector:string session-affinity:string target-port:string type:string
      record:bool`,
  },
  run: {
    use: 'run NAME --image=image [--env="key=value"] [--port=port] [--dry-run=server|client] [--overrides=inline-json] [--command] -- [COMMAND] [args...]',
    short: 'Run a particular image on the cluster',
    required: 'image',
    group: 'Basic Commands (Beginner)',
    flags: `
      ${PRINTS} ${FILES} annotations:strings attach:bool command:bool dry-run:string=none env:strings expose:bool field-manager:string=kubectl-run image:string
      image-pull-policy:string l/labels:string leave-stdin-open:bool override-type:string=merge overrides:string pod-running-timeout:duration=1m0s port:string
      privileged:bool q/quiet:bool restart:string=Always rm:bool save-config:bool i/stdin:bool t/tty:bool record:bool cascade:string=background force:bool
      grace-period:int=-1 timeout:duration=0s wait:bool`,
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
          ${PRINTS} ${FILES} all:bool c/containers:string=* dry-run:string=none e/env:strings field-manager:string=kubectl-set from:string keys:list list:bool local:bool
          overwrite:bool=true prefix:string resolve:bool l/selector:string`,
      },
      image: {
        use: 'set image (-f FILENAME | TYPE NAME) CONTAINER_NAME_1=CONTAINER_IMAGE_1 ... CONTAINER_NAME_N=CONTAINER_IMAGE_N',
        short: 'Update the image of a pod template',
        flags: `${PRINTS} ${FILES} all:bool dry-run:string=none field-manager:string=kubectl-set local:bool l/selector:string record:bool`,
      },
      resources: {
        use: 'set resources (-f FILENAME | TYPE NAME)  ([--limits=LIMITS & --requests=REQUESTS]',
        short: 'Update resource requests/limits on objects with pod templates',
        flags: `
          ${PRINTS} ${FILES} all:bool c/containers:string=* dry-run:string=none field-manager:string=kubectl-set limits:string local:bool requests:string l/selector:string
          record:bool`,
      },
      selector: {
        use: 'set selector (-f FILENAME | TYPE NAME) EXPRESSIONS [--resource-version=version]',
        short: 'Set the selector on a resource',
        flags: `${PRINTS} all:bool dry-run:string=none field-manager:string=kubectl-set f/filename:list local:bool R/recursive:bool=true resource-version:string record:bool`,
      },
      serviceaccount: {
        use: 'set serviceaccount (-f FILENAME | TYPE NAME) SERVICE_ACCOUNT',
        short: 'Update the service account of a resource',
        aliases: 'serviceaccount, sa',
        flags: `${PRINTS} ${FILES} all:bool dry-run:string=none field-manager:string=kubectl-set local:bool record:bool`,
      },
      subject: {
        use: 'set subject (-f FILENAME | TYPE NAME) [--user=username] [--group=groupname] [--serviceaccount=namespace:serviceaccountname] [--dry-run=server|client|none]',
        short: 'Update the user, group, or service account in a role binding or cluster role binding',
        flags: `${PRINTS} ${FILES} all:bool dry-run:string=none field-manager:string=kubectl-set group:strings local:bool l/selector:string serviceaccount:strings user:list`,
      },
    },
  },
  explain: {
    use: 'explain TYPE [--recursive=FALSE|TRUE] [--api-version=api-version-group] [--output=plaintext|plaintext-openapiv2]',
    short: 'Get documentation for a resource',
    group: 'Basic Commands (Intermediate)',
    flags: 'api-version:string output:string=plaintext recursive:bool',
  },
  get: {
    use: 'get [(-o|--output=)json|yaml|name|go-template|go-template-file|template|templatefile|jsonpath|jsonpath-as-json|jsonpath-file|custom-columns|custom-columns-file|wide] (TYPE[.VERSION][.GROUP] [NAME | -l label] | TYPE[.VERSION][.GROUP]/NAME ...) [flags]',
    short: 'Display one or many resources',
    group: 'Basic Commands (Intermediate)',
    flags: `
      ${PRINTS} ${FILES} A/all-namespaces:bool chunk-size:int=500 field-selector:string ignore-not-found:bool L/label-columns:list no-headers:bool output-watch-events:bool
      raw:string l/selector:string server-print:bool=true show-kind:bool show-labels:bool sort-by:string subresource:string w/watch:bool watch-only:bool`,
  },
  edit: {
    use: 'edit (RESOURCE/NAME | -f FILENAME)',
    short: 'Edit a resource on the server',
    group: 'Basic Commands (Intermediate)',
    flags: `
      ${PRINTS} ${FILES} field-manager:string=kubectl-edit output-patch:bool save-config:bool subresource:string validate:string=strict windows-line-endings:bool
      record:bool`,
  },
  delete: {
    use: 'delete ([-f FILENAME] | [-k DIRECTORY] | TYPE [(NAME | -l label | --all)])',
    short: 'Delete resources by file names, stdin, resources and names, or by resources and label selector',
    group: 'Basic Commands (Intermediate)',
    flags: `
      ${FILES} all:bool A/all-namespaces:bool cascade:string=background dry-run:string=none field-selector:string force:bool grace-period:int=-1 ignore-not-found:bool
      now:bool o/output:string raw:string l/selector:string timeout:duration=0s wait:bool=true`,
  },
};
