import type { TopLevelSpec } from 'vega-lite';
import { neuronClasses, type Stability } from '../../neurons/NeuronAnalysis.js';
import { shareBars } from './shareBars.js';

/** Shares of each class that are kept without a fold, and that two halves agree on. */
export function stabilityFigure({ classes }: Stability): TopLevelSpec {
    return shareBars([
        {
            title: 'Kept when a part of the texts is left out',
            shares: neuronClasses.map((kind) => [kind, classes[kind].kept]),
        },
        {
            title: 'Overlap of two halves of the texts',
            shares: neuronClasses.map((kind) => [kind, classes[kind].overlap]),
        },
    ]);
}
