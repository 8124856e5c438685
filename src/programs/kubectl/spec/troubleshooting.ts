import { type CommandSpec, FILES, PRINTS } from './command.ts';

/** Troubleshooting and debugging commands. */
export const TROUBLESHOOTING: Record<string, CommandSpec> = {
  describe: {
    use: 'describe (-f FILENAME | TYPE [NAME_PREFIX | -l label] | TYPE/NAME)',
    short: 'Show details of a specific resource or group of resources',
    group: 'Troubleshooting and Debugging Commands',
    flags: `${FILES} A/all-namespaces:bool chunk-size:int=500 l/selector:string show-events:bool=true`,
  },
  logs: {
    use: 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]',
    short: 'Print the logs for a container in a pod',
    group: 'Troubleshooting and Debugging Commands',
    flags: `
      all-containers:bool c/container:string f/follow:bool ignore-errors:bool insecure-skip-tls-verify-backend:bool limit-bytes:int=0 max-log-requests:int=5
      pod-running-timeout:duration=20s prefix:bool p/previous:bool l/selector:string since:duration=0s since-time:string tail:int=-1 timestamps:bool`,
  },
  attach: {
    use: 'attach (POD | TYPE/NAME) -c CONTAINER',
    short: 'Attach to a running container',
    group: 'Troubleshooting and Debugging Commands',
    flags: 'c/container:string pod-running-timeout:duration=1m0s q/quiet:bool i/stdin:bool t/tty:bool',
  },
  exec: {
    use: 'exec (POD | TYPE/NAME) [-c CONTAINER] [flags] -- COMMAND [args...]',
    short: 'Execute a command in a container',
    group: 'Troubleshooting and Debugging Commands',
    flags: 'c/container:string f/filename:list pod-running-timeout:duration=1m0s q/quiet:bool i/stdin:bool t/tty:bool',
  },
  'port-forward': {
    use: 'port-forward TYPE/NAME [options] [LOCAL_PORT:]REMOTE_PORT [...[LOCAL_PORT_N:]REMOTE_PORT_N]',
    short: 'Forward one or more local ports to a pod',
    group: 'Troubleshooting and Debugging Commands',
    flags: 'address:string=[localhost] pod-running-timeout:duration=1m0s',
  },
  proxy: {
    use: 'proxy [--port=PORT] [--www=static-dir] [--www-prefix=prefix] [--api-prefix=prefix]',
    short: 'Run a proxy to the Kubernetes API server',
    group: 'Troubleshooting and Debugging Commands',
    flags: `
      accept-hosts:string=^localhost$,^127\.0\.0\.1$,^\[::1\]$ accept-paths:string=^.* address:string=127.0.0.1 api-prefix:string=/ append-server-path:bool
      disable-filter:bool keepalive:duration=0s p/port:int=8001 reject-methods:string=^$ reject-paths:string=^/api/.*/pods/.*/exec,^/api/.*/pods/.*/attach
      u/unix-socket:string w/www:string P/www-prefix:string=/static/`,
  },
  cp: {
    use: 'cp <file-spec-src> <file-spec-dest>',
    short: 'Copy files and directories to and from containers',
    group: 'Troubleshooting and Debugging Commands',
    flags: 'c/container:string no-preserve:bool retries:int=0',
  },
  auth: {
    use: 'auth [flags]',
    short: 'Inspect authorization',
    group: 'Troubleshooting and Debugging Commands',
    commands: {
      'can-i': {
        use: 'auth can-i VERB [TYPE | TYPE/NAME | NONRESOURCEURL]',
        short: 'Check whether an action is allowed',
        flags: 'A/all-namespaces:bool list:bool no-headers:bool q/quiet:bool subresource:string',
      },
      reconcile: {
        use: 'auth reconcile -f FILENAME',
        short: 'Reconciles rules for RBAC role, role binding, cluster role, and cluster role binding objects',
        flags: `${PRINTS} ${FILES} dry-run:string=none remove-extra-permissions:bool remove-extra-subjects:bool`,
      },
      whoami: {
        use: 'auth whoami',
        short: 'Experimental: Check self subject attributes',
        flags: `${PRINTS}`,
      },
    },
  },
  debug: {
    use: 'debug (POD | TYPE[[.VERSION].GROUP]/NAME) [ -- COMMAND [args...] ]',
    short: 'Create debugging sessions for troubleshooting workloads and nodes',
    group: 'Troubleshooting and Debugging Commands',
    flags: `
      arguments-only:bool attach:bool c/container:string copy-to:string env:strings f/filename:list image:string image-pull-policy:string profile:string=legacy q/quiet:bool
      replace:bool same-node:bool set-image:list share-processes:bool=true i/stdin:bool target:string t/tty:bool`,
  },
  events: {
    use: 'events [(-o|--output=)json|yaml|name|go-template|go-template-file|template|templatefile|jsonpath|jsonpath-as-json|jsonpath-file] [--for TYPE/NAME] [--watch] [--event=Normal,Warning]',
    short: 'List events',
    group: 'Troubleshooting and Debugging Commands',
    flags: `${PRINTS} A/all-namespaces:bool chunk-size:int=500 for:string no-headers:bool types:list w/watch:bool`,
  },
};
