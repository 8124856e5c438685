import { type CommandSpec, CREATES, FILES, PRINTS } from './command.ts';

/** kubectl create and its kinds. */
export const CREATE: Record<string, CommandSpec> = {
  create: {
    use: 'create -f FILENAME',
    short: 'Create a resource from a file or from stdin',
    group: 'Basic Commands (Beginner)',
    flags: `${CREATES} ${PRINTS} ${FILES} edit:bool raw:string l/selector:string windows-line-endings:bool record:bool`,
    commands: {
      clusterrole: {
        use: 'create clusterrole NAME --verb=verb --resource=resource.group [--resource-name=resourcename] [--dry-run=server|client|none]',
        short: 'Create a cluster role',
        flags: `${CREATES} ${PRINTS} aggregation-rule:map non-resource-url:list resource:list resource-name:list verb:list`,
      },
      clusterrolebinding: {
        use: 'create clusterrolebinding NAME --clusterrole=NAME [--user=username] [--group=groupname] [--serviceaccount=namespace:serviceaccountname] [--dry-run=server|client|none]',
        short: 'Create a cluster role binding for a particular cluster role',
        required: 'clusterrole',
        flags: `${CREATES} ${PRINTS} clusterrole:string group:strings serviceaccount:strings user:list`,
      },
      configmap: {
        use: 'create configmap NAME [--from-file=[key=]source] [--from-literal=key1=value1] [--dry-run=server|client|none]',
        short: 'Create a config map from a local file, directory or literal value',
        aliases: 'configmap, cm',
        flags: `${CREATES} ${PRINTS} append-hash:bool from-env-file:list from-file:strings from-literal:strings`,
      },
      cronjob: {
        use: "create cronjob NAME --image=image --schedule='0/5 * * * ?' -- [COMMAND] [args...] [flags]",
        short: 'Create a cron job with the specified name',
        required: 'image schedule',
        aliases: 'cronjob, cj',
        flags: `${CREATES} ${PRINTS} image:string restart:string schedule:string`,
      },
      deployment: {
        use: 'create deployment NAME --image=image -- [COMMAND] [args...]',
        short: 'Create a deployment with the specified name',
        required: 'image',
        aliases: 'deployment, deploy',
        flags: `${CREATES} ${PRINTS} image:list port:int=-1 r/replicas:int=1`,
      },
      ingress: {
        use: 'create ingress NAME --rule=host/path=service:port[,tls[=secret]] ',
        short: 'Create an ingress with the specified name',
        aliases: 'ingress, ing',
        flags: `${CREATES} ${PRINTS} annotation:list class:string default-backend:string rule:strings`,
      },
      job: {
        use: 'create job NAME --image=image [--from=cronjob/name] -- [COMMAND] [args...]',
        short: 'Create a job with the specified name',
        flags: `${CREATES} ${PRINTS} from:string image:string`,
      },
      namespace: {
        use: 'create namespace NAME [--dry-run=server|client|none]',
        short: 'Create a namespace with the specified name',
        aliases: 'namespace, ns',
        flags: `${CREATES} ${PRINTS}`,
      },
      poddisruptionbudget: {
        use: 'create poddisruptionbudget NAME --selector=SELECTOR --min-available=N [--dry-run=server|client|none]',
        short: 'Create a pod disruption budget with the specified name',
        aliases: 'poddisruptionbudget, pdb',
        flags: `${CREATES} ${PRINTS} max-unavailable:string min-available:string selector:string`,
      },
      priorityclass: {
        use: 'create priorityclass NAME --value=VALUE --global-default=BOOL [--dry-run=server|client|none]',
        short: 'Create a priority class with the specified name',
        aliases: 'priorityclass, pc',
        flags: `${CREATES} ${PRINTS} description:string global-default:bool preemption-policy:string=PreemptLowerPriority value:int=0`,
      },
      quota: {
        use: 'create quota NAME [--hard=key1=value1,key2=value2] [--scopes=Scope1,Scope2] [--dry-run=server|client|none]',
        short: 'Create a quota with the specified name',
        aliases: 'quota, resourcequota',
        flags: `${CREATES} ${PRINTS} hard:string scopes:string`,
      },
      role: {
        use: 'create role NAME --verb=verb --resource=resource.group/subresource [--resource-name=resourcename] [--dry-run=server|client|none]',
        short: 'Create a role with single rule',
        flags: `${CREATES} ${PRINTS} resource:list resource-name:list verb:list`,
      },
      rolebinding: {
        use: 'create rolebinding NAME --clusterrole=NAME|--role=NAME [--user=username] [--group=groupname] [--serviceaccount=namespace:serviceaccountname] [--dry-run=server|client|none]',
        short: 'Create a role binding for a particular role or cluster role',
        flags: `${CREATES} ${PRINTS} clusterrole:string group:strings role:string serviceaccount:strings user:list`,
      },
      secret: {
        use: 'create secret (docker-registry | generic | tls)',
        short: 'Create a secret using a specified subcommand',
        commands: {
          'docker-registry': {
            use: 'create secret docker-registry NAME --docker-username=user --docker-password=password --docker-email=email [--docker-server=string] [--from-file=[key=]source] [--dry-run=server|client|none]',
            short: 'Create a secret for use with a Docker registry',
            flags: `
              ${CREATES} ${PRINTS} append-hash:bool docker-email:string docker-password:string docker-server:string=https://index.docker.io/v1/ docker-username:string
              from-file:strings`,
          },
          generic: {
            use: 'create secret generic NAME [--type=string] [--from-file=[key=]source] [--from-literal=key1=value1] [--dry-run=server|client|none]',
            short: 'Create a secret from a local file, directory, or literal value',
            flags: `${CREATES} ${PRINTS} append-hash:bool from-env-file:list from-file:strings from-literal:strings type:string`,
          },
          tls: {
            use: 'create secret tls NAME --cert=path/to/cert/file --key=path/to/key/file [--dry-run=server|client|none]',
            short: 'Create a TLS secret',
            flags: `${CREATES} ${PRINTS} append-hash:bool cert:string key:string`,
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
            flags: `${CREATES} ${PRINTS} clusterip:string tcp:list`,
          },
          externalname: {
            use: 'create service externalname NAME --external-name external.name [--dry-run=server|client|none]',
            short: 'Create an ExternalName service',
            required: 'external-name',
            flags: `${CREATES} ${PRINTS} external-name:string tcp:list`,
          },
          loadbalancer: {
            use: 'create service loadbalancer NAME [--tcp=port:targetPort] [--dry-run=server|client|none]',
            short: 'Create a LoadBalancer service',
            flags: `${CREATES} ${PRINTS} tcp:list`,
          },
          nodeport: {
            use: 'create service nodeport NAME [--tcp=port:targetPort] [--dry-run=server|client|none]',
            short: 'Create a NodePort service',
            flags: `${CREATES} ${PRINTS} node-port:int=0 tcp:list`,
          },
        },
      },
      serviceaccount: {
        use: 'create serviceaccount NAME [--dry-run=server|client|none]',
        short: 'Create a service account with the specified name',
        aliases: 'serviceaccount, sa',
        flags: `${CREATES} ${PRINTS}`,
      },
      token: {
        use: 'create token SERVICE_ACCOUNT_NAME',
        short: 'Request a service account token',
        flags: `${PRINTS} audience:strings bound-object-kind:string bound-object-name:string bound-object-uid:string duration:duration=0s`,
      },
    },
  },
};
