import { FILES, SETUP } from '../fixture.ts';
import type { Topic } from '../run.ts';

/** Words and flags that are none, and commands without what they need. */
export const words: Topic = {
  topic: 'words',
  files: FILES,
  setup: SETUP,
  reads: true,
  commands: [
    ...[
      'debug solo -n tienda --image=busybox --set-image=a=b', `debug solo -n tienda --copy-to=c2 --set-image='*=busybox:1.37' --dry-run`, '-n tienda get deploy/web -oname', '--namespace=tienda get sa', 'foo', 'describ pod',
      '--foo get pods', '-x', 'creat deploy', 'create deploymnt x --image=y', 'rollout statu', 'set imag', 'top pos', 'auth can', 'apply --filename', 'scale --replicas', 'scale deploy x --replicas=abc', 'run x --image', 'logs --tail',
      'exec -it', 'label', 'annotate', 'taint', 'patch', 'edit', 'expose', 'autoscale', 'drain --foo', 'cp x', 'wait', 'explain --recursive', 'delete -f', 'set image deploy/web nginx=x -n tienda --local -o yaml',
      'set env deploy/web A=b -n tienda --local -o yaml', 'set resources deploy/web --limits=cpu=1 -n tienda --local -o yaml', 'set sa deploy/web x -n tienda --local', 'set selector svc web a=b -n tienda --local',
      'set subject rolebinding robot-lee --user=x --local -n tienda', 'label pod x a=b --local', 'annotate pod x a=b --local', `patch pod x -p '{}' --local`, 'create role x --verb=get --resource=pods --local',
      `set selector svc web 'a in (b)' -n tienda`, `set selector svc web 'a in (b,c),d!=e,f' -n tienda`, 'expose deploy web --port=abc --name=x -n tienda',
    ].map((rest) => `kubectl ${rest}`),
  ],
};
