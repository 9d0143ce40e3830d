import type { NativeSplit } from './engine/addon.js';
import type { GpuChoice } from './engine/loadBackends.js';
import type { ScoredPart } from './engine/packBatches.js';
import type { PerplexityMean } from './experiments/perplexityCells.js';
import type { ProbabilityName } from './neurons/activationProbabilities.js';
import type { IdentifyMethod } from './neurons/NeuronAnalysis.js';
import type { CleanKind } from './run/clean.js';

// Settings that are chosen by name, apart from the code that acts on them: the command line reads its arguments
// without loading that.

export const gpuChoices = ['auto', 'off', 'cuda', 'vulkan', 'metal'] as const satisfies readonly GpuChoice[];
export const splits = ['layer', 'row', 'none'] as const satisfies readonly NativeSplit[];
export const identifyMethods = ['paper', 'lape'] as const satisfies readonly IdentifyMethod[];
export const probabilityNames = ['conditional', 'joint'] as const satisfies readonly ProbabilityName[];
export const perplexityMeans = ['tokens', 'texts'] as const satisfies readonly PerplexityMean[];
export const scoredParts = ['response', 'prompt', 'text'] as const satisfies readonly ScoredPart[];
export const cleanKinds = ['counts', 'ppl', 'accuracy', 'report'] as const satisfies readonly CleanKind[];
