import { z } from 'zod';
import type { DeepReadonly } from '../../support/DeepReadonly.js';

export const siteShape = z.object({
    /** 0-based. */
    layer: z.int().nonnegative(),
    /** An FFN, an expert that every token goes through, or experts of which each token goes through a few. */
    kind: z.enum(['dense', 'shared', 'routed']),
    /** Neurons; of each expert, where it is routed. */
    width: z.int().positive(),
    /** 1 where it is not routed. */
    experts: z.int().positive(),
    /** The function, such as `silu`. Absent: not known. */
    activation: z.string().optional(),
    /** Whether a gate of its own decides the sign. Absent: not known. */
    gated: z.boolean().optional(),
});
/**
 * Where a layer computes an FFN's activation; a layer has none, one or several. A neuron is `[site, index]`; at a
 * routed site the index runs expert by expert: `expert * width + neuron`.
 */
export interface Site extends DeepReadonly<z.output<typeof siteShape>> {}

/** A site of a model that is open. */
export interface ModelSite extends Site {
    readonly activation: string;
    readonly gated: boolean;
    /** Whether an edit may have offsets there. */
    readonly addable: boolean;
    /** Experts that a token goes through; 1 where it is not routed. */
    readonly used: number;
    /** `one-hot`: a routed site is counted on a device by a product with one row for each token and expert. */
    readonly counting: 'fused' | 'repeat' | 'transpose' | 'one-hot';
}

/** Number of neurons of a site, over all experts. */
export function neuronsAt({ width, experts }: Site): number {
    return width * experts;
}

/** Whether the sites are those of a dense model: one FFN a layer. Then a site's number is its layer's. */
export function areDense(sites: readonly Site[]): boolean {
    return sites.every(({ layer, kind }, i) => kind === 'dense' && layer === i);
}

/** The sites of a dense model from their widths alone. */
export function denseSites(widths: readonly number[]): Site[] {
    return widths.map((width, layer) => ({ layer, kind: 'dense', width, experts: 1 }));
}

/** Name of a site for people, such as `layer 3`, `layer 3, experts`. */
export function siteName({ layer, kind }: Site): string {
    return kind === 'dense' ? `layer ${layer}` : `layer ${layer}, ${kind === 'routed' ? 'experts' : 'shared expert'}`;
}

/** Says which of some neurons `[site, index]` the model lacks; undefined where it has all. */
export function missingNeuron(
    neurons: Iterable<readonly [site: number, index: number]>,
    sites: readonly Site[],
): string | undefined {
    for (const [number, index] of neurons) {
        const site = sites[number];
        const what = `the model has no neuron [${number}, ${index}]`;
        if (site === undefined) return `${what}: the model has sites 0 to ${sites.length - 1}`;
        if (!Number.isInteger(index) || index < 0 || index >= neuronsAt(site))
            return `${what}: ${siteName(site)} has neurons 0 to ${neuronsAt(site) - 1}`;
    }
    return undefined;
}

/** Whether two models' sites are the same, whatever is known of their functions. */
export function sameSites(a: readonly Site[], b: readonly Site[]): boolean {
    const shapes = (sites: readonly Site[]): string =>
        sites.map(({ layer, kind, width, experts }) => `${layer} ${kind} ${width} ${experts}`).join();
    return shapes(a) === shapes(b);
}
