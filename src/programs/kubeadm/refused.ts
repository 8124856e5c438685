/** What ends kubeadm with its sentence. */
export class Refused extends Error {}
