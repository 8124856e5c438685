import { type CommandSpec, FILES, PRINTS } from './command.ts';

/** Deploy commands. */
export const DEPLOY: Record<string, CommandSpec> = {
  rollout: {
    use: 'rollout SUBCOMMAND',
    short: 'Manage the rollout of a resource',
    group: 'Deploy Commands',
    commands: {
      history: {
        use: 'rollout history (TYPE NAME | TYPE/NAME) [flags]',
        short: 'View rollout history',
        flags: `${PRINTS} ${FILES} revision:int=0 l/selector:string`,
      },
      pause: {
        use: 'rollout pause RESOURCE',
        short: 'Mark the provided resource as paused',
        flags: `${PRINTS} ${FILES} field-manager:string=kubectl-rollout l/selector:string`,
      },
      restart: {
        use: 'rollout restart RESOURCE',
        short: 'Restart a resource',
        flags: `${PRINTS} ${FILES} field-manager:string=kubectl-rollout l/selector:string`,
      },
      resume: {
        use: 'rollout resume RESOURCE',
        short: 'Resume a paused resource',
        flags: `${PRINTS} ${FILES} field-manager:string=kubectl-rollout l/selector:string`,
      },
      status: {
        use: 'rollout status (TYPE NAME | TYPE/NAME) [flags]',
        short: 'Show the status of the rollout',
        flags: `${FILES} revision:int=0 l/selector:string timeout:duration=0s w/watch:bool=true`,
      },
      undo: {
        use: 'rollout undo (TYPE NAME | TYPE/NAME) [flags]',
        short: 'Undo a previous rollout',
        flags: `${PRINTS} ${FILES} dry-run:string=none l/selector:string to-revision:int=0`,
      },
    },
  },
  scale: {
    use: 'scale [--resource-version=version] [--current-replicas=count] --replicas=COUNT (-f FILENAME | TYPE NAME)',
    short: 'Set a new size for a deployment, replica set, or replication controller',
    required: 'replicas',
    group: 'Deploy Commands',
    flags: `${PRINTS} ${FILES} all:bool current-replicas:int=-1 dry-run:string=none replicas:int=0 resource-version:string l/selector:string timeout:duration=0s record:bool`,
  },
  autoscale: {
    use: 'autoscale (-f FILENAME | TYPE NAME | TYPE/NAME) [--min=MINPODS] --max=MAXPODS [--cpu-percent=CPU]',
    short: 'Auto-scale a deployment, replica set, stateful set, or replication controller',
    required: 'max',
    group: 'Deploy Commands',
    flags: `${PRINTS} ${FILES} cpu-percent:int=-1 dry-run:string=none field-manager:string=kubectl-autoscale max:int=-1 min:int=-1 name:string save-config:bool record:bool`,
  },
};
