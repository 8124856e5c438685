/** What registry.k8s.io calls these images' manifests: the addons' own manifests pull by digest. */
export const CONTROLLER_DIGEST = 'sha256:e5c4824e7375fcf2a393e1c03c293b69759af37a9ca6abdb91b13d78a93da8bd';
export const CERTGEN_DIGEST = 'sha256:543c40fd093964bc9ab509d3e791f9989963021f1e9e4c9c7b6700b02bfb227b';
