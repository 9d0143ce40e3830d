import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

// No Mac runs these tests: what the Metal backend supports is read off its source in the pinned llama.cpp,
// and what the adapter's graph is made of off ours.
const metal = 'build/llama.cpp/ggml/src/ggml-metal/ggml-metal-device.m';

/** ggml's calls that put a node into the graph, and the operation of the node. */
const operations: Readonly<Record<string, string>> = {
    ggml_add: 'GGML_OP_ADD',
    ggml_argmax: 'GGML_OP_ARGMAX',
    ggml_cast: 'GGML_OP_CPY',
    ggml_clamp: 'GGML_OP_CLAMP',
    ggml_cont: 'GGML_OP_CONT',
    ggml_cpy: 'GGML_OP_CPY',
    ggml_custom_4d: 'GGML_OP_CUSTOM',
    ggml_custom_inplace: 'GGML_OP_CUSTOM',
    ggml_div: 'GGML_OP_DIV',
    ggml_gelu: 'GGML_UNARY_OP_GELU',
    ggml_gelu_erf: 'GGML_UNARY_OP_GELU_ERF',
    ggml_gelu_quick: 'GGML_UNARY_OP_GELU_QUICK',
    ggml_get_rows: 'GGML_OP_GET_ROWS',
    ggml_mul: 'GGML_OP_MUL',
    ggml_mul_mat: 'GGML_OP_MUL_MAT',
    ggml_relu: 'GGML_UNARY_OP_RELU',
    ggml_repeat_4d: 'GGML_OP_REPEAT',
    ggml_repeat_back: 'GGML_OP_REPEAT_BACK',
    ggml_reshape_1d: 'GGML_OP_RESHAPE',
    ggml_reshape_2d: 'GGML_OP_RESHAPE',
    ggml_reshape_3d: 'GGML_OP_RESHAPE',
    ggml_scale: 'GGML_OP_SCALE',
    ggml_sigmoid: 'GGML_UNARY_OP_SIGMOID',
    ggml_silu: 'GGML_UNARY_OP_SILU',
    ggml_soft_max: 'GGML_OP_SOFT_MAX',
    ggml_step: 'GGML_UNARY_OP_STEP',
    ggml_sub: 'GGML_OP_SUB',
    ggml_sum_rows: 'GGML_OP_SUM_ROWS',
    ggml_transpose: 'GGML_OP_TRANSPOSE',
    ggml_view_1d: 'GGML_OP_VIEW',
    ggml_view_2d: 'GGML_OP_VIEW',
    ggml_view_3d: 'GGML_OP_VIEW',
};
/** Calls that build no node. */
const plain =
    /^ggml_(are_same_shape|backend|blck_size|get_(glu|unary)_op|graph|new_graph|build_forward_expand|is_contiguous|new_tensor|type|row_size|quantize_chunk|mul_mat_set_prec|init|format_name|set_(name|input|output|op_params)|get_(op_params|type_traits)|is_matrix|nrows|n_dims|nbytes|nelements|tensor_overhead|get_(first|next)_tensor)/;

describe.skipIf(!existsSync(metal))('the Metal backend (skipped until llama.cpp is unpacked by a build)', () => {
    const source = existsSync(metal) ? readFileSync(metal, 'utf8') : '';
    const begin = source.indexOf('bool ggml_metal_device_supports_op(');
    const body = source.slice(begin, source.indexOf('\n}', begin));
    /** The rule behind a case label: what follows until the first return. */
    const ruleOf = (operation: string): string | undefined => {
        const label = new RegExp(`case ${operation}:[\\s\\S]*?return ([^;]+);`).exec(body);
        return label?.[1];
    };
    const used = new Set(
        readdirSync('native/adapter')
            // trials of our kernels beside ggml's are computed by the CPU alone
            .filter((name) => name.endsWith('.cpp') && !name.endsWith('-bits.cpp'))
            .flatMap((name) =>
                [...readFileSync(join('native/adapter', name), 'utf8').matchAll(/\b(ggml_[a-z0-9_]+)\(/g)].map(
                    ([, call]) => call!,
                ),
            )
            .filter((call) => !plain.test(call)),
    );

    it('is asked about every operation that the adapter builds', () => {
        expect(body.length).toBeGreaterThan(5000);
        // A new one belongs in the table.
        expect([...used].filter((call) => operations[call] === undefined)).toEqual([]);
        expect(used.size).toBeGreaterThan(12);
    });

    it('supports all but those of the other ways of counting', () => {
        const needed = [...used].map((call) => operations[call]!);
        const unsupported = needed.filter(
            (operation) => ruleOf(operation) === undefined || ruleOf(operation) === 'false',
        );
        // Not there: the CPU's fused operation, and repeat_back; transpose and sum_rows count instead.
        expect([...new Set(unsupported)].sort()).toEqual(['GGML_OP_CUSTOM', 'GGML_OP_REPEAT_BACK']);
    });

    it('takes them as the adapter hands them over: F32, rows contiguous', () => {
        for (const operation of ['GGML_OP_ADD', 'GGML_OP_MUL']) {
            expect(ruleOf(operation)).toContain('ggml_is_contiguous_rows(op->src[0])');
            expect(ruleOf(operation)).toContain('GGML_TYPE_F32');
        }
        for (const operation of ['GGML_OP_SUM_ROWS', 'GGML_OP_SOFT_MAX'])
            expect(ruleOf(operation)).toContain('ggml_is_contiguous_rows(op->src[0])');
        // From F32 to F32, the counter's own type; expert numbers to F32, and rows of edits back to I32.
        const rule = body.slice(body.indexOf('case GGML_OP_CPY:'), body.indexOf('case GGML_OP_GET_ROWS:'));
        expect(rule).toMatch(
            /case GGML_TYPE_F32:\s*switch \(op->type\) \{\s*case GGML_TYPE_F32:[^}]*case GGML_TYPE_I32:\s*return true;/,
        );
        expect(rule).toMatch(/case GGML_TYPE_I32:\s*return op->type == GGML_TYPE_F32 \|\|/);
    });
});
