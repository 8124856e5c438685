import { expect, test } from 'vitest';
import { attempt } from './attempts.ts';

const LAB = 'ingress-rewrite';
const done = async (types: string, answers: Record<string, string> = {}) => (await attempt(LAB, { types, answers })).done;
const REWRITE = "--annotation='nginx.ingress.kubernetes.io/rewrite-target";

test('rewrite-target without a group leads everything to the front page', async () => {
  expect(await done(`kubectl create ingress app --class=nginx --rule='tienda.example/app*=tienda:80' ${REWRITE}=/'\nsleep 15`)).toEqual([]);
});

test('between double quotes the shell has eaten the group', async () => {
  const types = `kubectl create ingress app --class=nginx --rule='tienda.example/app(/|$)(.*)=tienda:80' --annotation="nginx.ingress.kubernetes.io/rewrite-target=/$2" --annotation=nginx.ingress.kubernetes.io/use-regex=true\nkubectl patch ingress app --type=json -p '[{"op":"replace","path":"/spec/rules/0/http/paths/0/pathType","value":"ImplementationSpecific"}]'\nsleep 15`;
  expect(await done(types)).toEqual([]);
});

test('an application that has pages under the prefix is another application', async () => {
  const types = `kubectl create configmap tienda --from-literal=index.html='Portada de la tienda' --from-literal=login='Bienvenido al login!' --from-literal=app=app --dry-run=client -o yaml | kubectl replace -f -\nkubectl create ingress app --class=nginx --rule='tienda.example/app*=tienda:80'\nsleep 15`;
  expect(await done(types)).toEqual([]);
});

test('a class of that name made by hand has no controller behind it; an Ingress deleted is none', async () => {
  const types = `C=$(kubectl get ingress blog -o jsonpath='{.spec.ingressClassName}'); kubectl create -f - <<< '{"apiVersion":"networking.k8s.io/v1","kind":"IngressClass","metadata":{"name":"'$C'"},"spec":{"controller":"example.com/otro"}}'\nsleep 12`;
  expect(await done(types, { 'la-clase': 'otro' })).toEqual([]);
  expect(await done('kubectl delete ingress blog\nsleep 5')).toEqual([]);
});

test('another way: the class deleted and made anew under nginx, one Ingress with both rules', async () => {
  const types = [
    'kubectl delete ingress blog', 'kubectl create ingress blog --class=nginx --rule="blog.example/*=blog:80" --rule="tienda.example/login=tienda:80"', 'sleep 14',
  ].join('\n');
  expect(await done(types, { 'la-clase': 'nginx' })).toEqual(['la-clase', 'publicar']);
});
