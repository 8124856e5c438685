import { CniError, type CniPlugin } from '../types.ts';

/** plugins/meta/bandwidth without a limit to set: pods' bandwidth annotations are not modelled. */
export const bandwidth: CniPlugin = ({ command, config }) => {
  if (command === 'DEL') return undefined;
  if (!config.prevResult) throw new CniError('must be called as chained plugin');
  return config.prevResult;
};
