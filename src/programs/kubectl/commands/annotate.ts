import type { Command } from '../cli.ts';
import type { Kubectl } from '../kubectl.ts';
import { updateMetadata } from './metadata.ts';

export const run = (k: Kubectl, command: Command): Promise<void> => updateMetadata(k, command, 'annotations');
