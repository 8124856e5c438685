/** The course's modules, in the order a student takes them. A module is shown as soon as content/<slug>/ exists. */
export const modules = [
  { slug: 'el-modelo-de-red', title: '1 · El modelo de red' },
  { slug: 'de-curl-al-pod', title: '2 · De curl al Pod' },
  { slug: 'interfaces-rutas-cni', title: '3 · Interfaces, rutas y CNI' },
  { slug: 'entrar-al-cluster', title: '4 · Entrar al cluster' },
  { slug: 'arquitectura', title: '5 · Arquitectura del cluster' },
] as const;

/** The seed of every lesson's world: in the page and where the lessons' blocks are tested, so that both print the same. */
export const LESSON_SEED = 'curso';
