/** The course's modules, in the order a student takes them. A module is shown as soon as content/<slug>/ exists. */
export const modules = [
  {
    slug: 'el-modelo-de-red',
    title: '1 · El modelo de red',
    summary: 'Quién es quién en un cluster y las reglas que hacen que un Pod pueda hablar con cualquier otro.',
  },
  {
    slug: 'de-curl-al-pod',
    title: '2 · De curl al Pod',
    summary: 'Una sola petición, seguida paquete a paquete: DNAT, conntrack, kube-proxy, vxlan y vuelta.',
  },
  {
    slug: 'interfaces-rutas-cni',
    title: '3 · Interfaces, rutas y CNI',
    summary: 'Las órdenes de Linux con las que se mira la red de un nodo, y de dónde sale esa red.',
  },
  {
    slug: 'entrar-al-cluster',
    title: '4 · Entrar al cluster',
    summary: 'Ingress y Gateway API: un portero que además de la dirección lee la carta.',
  },
  {
    slug: 'arquitectura',
    title: '5 · Arquitectura del cluster',
    summary: 'Cada componente por dentro: API server, etcd, scheduler, controladores, kubelet, kube-proxy.',
  },
] as const;

/** The seed of every lesson's world: in the page and where the lessons' blocks are tested, so that both print the same. */
export const LESSON_SEED = 'curso';
