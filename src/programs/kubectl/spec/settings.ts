import { type CommandSpec, FILES, PRINTS } from './command.ts';

/** Settings, and the other commands. */
export const SETTINGS: Record<string, CommandSpec> = {
  label: {
    use: 'label [--overwrite] (-f FILENAME | TYPE NAME) KEY_1=VAL_1 ... KEY_N=VAL_N [--resource-version=version]',
    short: 'Update the labels on a resource',
    group: 'Settings Commands',
    flags: `
      ${PRINTS} ${FILES} all:bool A/all-namespaces:bool dry-run:string=none field-manager:string=kubectl-label field-selector:string list:bool local:bool overwrite:bool
      resource-version:string l/selector:string record:bool`,
  },
  annotate: {
    use: 'annotate [--overwrite] (-f FILENAME | TYPE NAME) KEY_1=VAL_1 ... KEY_N=VAL_N [--resource-version=version]',
    short: 'Update the annotations on a resource',
    group: 'Settings Commands',
    flags: `
      ${PRINTS} ${FILES} all:bool A/all-namespaces:bool dry-run:string=none field-manager:string=kubectl-annotate field-selector:string list:bool local:bool overwrite:bool
      resource-version:string l/selector:string record:bool`,
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
    flags: 'api-group:string cached:bool categories:list namespaced:bool=true no-headers:bool o/output:string sort-by:string verbs:list',
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
        flags: 'no-headers:bool o/output:string',
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
        flags: 'set-raw-bytes:bool',
      },
      'set-cluster': {
        use: 'config set-cluster NAME [--server=server] [--certificate-authority=path/to/certificate/authority] [--insecure-skip-tls-verify=true] [--tls-server-name=example.com]',
        short: 'Set a cluster entry in kubeconfig',
        flags: 'certificate-authority:string embed-certs:bool insecure-skip-tls-verify:bool proxy-url:string server:string tls-server-name:string',
      },
      'set-context': {
        use: 'config set-context [NAME | --current] [--cluster=cluster_nickname] [--user=user_nickname] [--namespace=namespace]',
        short: 'Set a context entry in kubeconfig',
        flags: 'cluster:string current:bool namespace:string user:string',
      },
      'set-credentials': {
        use: 'config set-credentials NAME [--client-certificate=path/to/certfile] [--client-key=path/to/keyfile] [--token=bearer_token] [--username=basic_user] [--password=basic_password] [--auth-provider=provider_name] [--auth-provider-arg=key=value] [--exec-command=exec_command] [--exec-api-version=exec_api_version] [--exec-arg=arg] [--exec-env=key=value]',
        short: 'Set a user entry in kubeconfig',
        flags: `
          auth-provider:string auth-provider-arg:strings client-certificate:string client-key:string embed-certs:bool exec-api-version:string exec-arg:strings
          exec-command:string exec-env:strings password:string token:string username:string`,
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
        flags: 'allow-missing-template-keys:bool=true flatten:bool merge:bool=true minify:bool o/output:string=yaml raw:bool show-managed-fields:bool template:string',
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
        flags: 'name-only:bool',
      },
    },
  },
  version: {
    use: 'version [flags]',
    short: 'Print the client and server version information',
    group: 'Other Commands',
    flags: 'client:bool o/output:string',
  },
  alpha: { use: 'alpha', short: 'Commands for features in alpha' },
  options: { use: 'options', short: 'Print the list of flags inherited by all commands' },
  help: { use: 'help [command] | STRING_TO_SEARCH', short: 'Help about any command' },

};
