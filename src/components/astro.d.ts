/** Astro compiles these; TypeScript alone only needs to know that they exist. */
declare module '*.astro' {
  const component: (props: Record<string, unknown>) => unknown;
  export default component;
}
