import { attention, embedding, headSize, llamaLike, metadata, Tensors } from './syntheticModels.js';
import { type GgufTensor, type GgufValue, writeGguf } from './writeGguf.js';

/** The characters that GPT-2's vocabularies write bytes with: printable ones as they are, others from U+0100. */
export const byteCharacters = ((): string[] => {
    const printable = (byte: number): boolean =>
        (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte !== 0xad && byte <= 0xff);
    let next = 0x100;
    return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(printable(byte) ? byte : next++));
})();

const end = '<|endoftext|>';
const merged = ['Ġ t', 'h e', 'A A', 'a a', '1 1', 'Ġ Ġ', 'Ċ Ċ', 'Ġt he'];
export const bpeTokens: readonly string[] = [...byteCharacters, end, ...merged.map((pair) => pair.replace(' ', ''))];

/** Metadata of a vocabulary of GPT-2's kind. @param pre its pre-tokenizer; none: the file names none */
export function bpeVocabulary(pre: string | undefined): Record<string, GgufValue> {
    const ofEnd = bpeTokens.indexOf(end);
    return {
        'tokenizer.ggml.model': { string: 'gpt2' },
        ...(pre === undefined ? {} : { 'tokenizer.ggml.pre': { string: pre } }),
        'tokenizer.ggml.tokens': { strings: [...bpeTokens] },
        'tokenizer.ggml.token_type': { i32s: bpeTokens.map((token) => (token === end ? 3 : 1)) },
        'tokenizer.ggml.merges': { strings: merged },
        'tokenizer.ggml.bos_token_id': { u32: ofEnd },
        'tokenizer.ggml.eos_token_id': { u32: ofEnd },
    };
}

/** Metadata that a test changes before they are written; a key without a value is left out. */
export type Changes = Readonly<Record<string, GgufValue | undefined>>;

/** One gated layer (Llama) with a vocabulary of GPT-2's kind. */
export function bpeParts(pre: string | undefined): {
    readonly metadata: Record<string, GgufValue>;
    readonly tensors: readonly GgufTensor[];
} {
    const width = 32;
    const tensors = attention(new Tensors(), 'split', bpeTokens.length)
        .add('blk.0.ffn_gate.weight', embedding, width)
        .add('blk.0.ffn_up.weight', embedding, width)
        .add('blk.0.ffn_down.weight', width, embedding).list;
    const shape = {
        ...llamaLike(width),
        vocab_size: { u32: bpeTokens.length },
        'rope.dimension_count': { u32: headSize },
    };
    return { metadata: { ...metadata('llama', 1, shape), ...bpeVocabulary(pre) }, tensors };
}

/** Writes `bpeParts`, sound but for what `changes` makes of its header. */
export function writeBpe(path: string, pre: string | undefined, changes: Changes = {}): void {
    const { metadata: sound, tensors } = bpeParts(pre);
    const kept = Object.entries({ ...sound, ...changes }).filter((entry): entry is [string, GgufValue] => {
        return entry[1] !== undefined;
    });
    writeGguf(path, Object.fromEntries(kept), tensors);
}
