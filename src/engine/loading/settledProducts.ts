import { LanguageNeuronsError, wrongUse } from '../../errors.js';
import type { EngineOptions, OwnProducts, Products } from '../types/engineTypes.js';
import { fastestProducts, type OpenCounting } from './fastestProducts.js';
import type { LoadedBackends } from '../native/loadBackends.js';

/**
 * The products that an engine's options come to: those that `auto` chose, `f32` where it is `exact`.
 * @param notes gets what `auto` chose
 * @throws LanguageNeuronsError UNSUPPORTED for what the processor, or another device, cannot compute; WRONG_USE where
 * options contradict each other
 */
export async function settledProducts(
    { products = 'ggml', exact = false }: EngineOptions,
    { addon, gpus, name }: LoadedBackends,
    open: OpenCounting,
    notes: string[],
): Promise<Products> {
    const refuse = (option: string, why: string): never => {
        throw new LanguageNeuronsError('UNSUPPORTED', `${option} ${why}`);
    };
    if (exact && (products === 'bf16' || products === 'int8')) {
        throw wrongUse(`\`exact\` multiplies in F32: leave out \`products: ${products}\``);
    }
    if (products === 'auto' && !exact) {
        const chosen = gpus.length > 0 ? 'ggml' : await fastestProducts(open);
        notes.push(`products: ${chosen}, the fastest here`);
        return chosen;
    }
    if (products === 'ggml' && !exact) return products;
    const option = exact ? '`exact`' : `\`products: ${products}\``;
    if (gpus.length > 0) refuse(option, `is for the CPU, and layers go to ${name}: add \`gpu: off\`, or leave it out`);
    const own = addon.products();
    const needed = exact ? 'f32' : (products as OwnProducts);
    if (!own.includes(needed)) {
        refuse(
            option,
            `cannot be computed by this processor or build: use \`products: ${['ggml', ...own].join(' or ')}\``,
        );
    }
    return needed;
}
