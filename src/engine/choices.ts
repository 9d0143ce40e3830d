import type { NativeSplit } from './addon.js';
import type { GpuChoice } from './loadBackends.js';
import type { ScoredPart } from './packBatches.js';

// Settings that are chosen by name, apart from the code that acts on them: the command line reads its arguments
// without loading that.

export const gpuChoices = ['auto', 'off', 'cuda', 'vulkan', 'metal'] as const satisfies readonly GpuChoice[];
export const splits = ['layer', 'row', 'none'] as const satisfies readonly NativeSplit[];
export const scoredParts = ['response', 'prompt', 'text'] as const satisfies readonly ScoredPart[];
