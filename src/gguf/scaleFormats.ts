import { getFloat16, setFloat16 } from '@petamoriken/float16';

/** How a scale is stored: as a float, or in ggml's small formats of a power of two (MXFP4) and of 8 bits (NVFP4). */
export type ScaleFormat = 'f32' | 'f16' | 'bf16' | 'iq1_m' | 'e8m0' | 'ue4m3';

/** Reads a scale, and writes the nearest one that the format has; infinite where it is beyond the format. */
export interface ScaleAccess {
    get(view: DataView, at: number): number;
    set(view: DataView, at: number, value: number): void;
    /** The format is too coarse to round: a product that it cannot represent is refused. */
    readonly coarse?: boolean;
}

const bf16: ScaleAccess = {
    get: (view, at) => float32Of(view.getUint16(at, true) << 16),
    set: (view, at, value) => {
        const bits = bitsOf(value);
        // to the nearest, half to even; the carry may reach the exponent, as it should
        view.setUint16(at, (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16, true);
    },
};

/** An F16 of which each of four 16-bit words has four bits, its highest (`iq1m_scale_t`). */
const iq1m: ScaleAccess = {
    get: (view, at) => {
        let bits = 0;
        for (let word = 0; word < 4; word++) bits |= (view.getUint16(at + 2 * word, true) >> 12) << (4 * word);
        return getFloat16(wordOf(bits), 0, true);
    },
    set: (view, at, value) => {
        const half = wordOf(0);
        setFloat16(half, 0, value, true);
        const bits = half.getUint16(0, true);
        for (let word = 0; word < 4; word++) {
            const rest = view.getUint16(at + 2 * word, true) & 0x0fff;
            view.setUint16(at + 2 * word, rest | (((bits >> (4 * word)) & 15) << 12), true);
        }
    },
};

/** 2^(e - 128), as ggml takes it for MXFP4. */
const e8m0: ScaleAccess = {
    coarse: true,
    get: (view, at) => 2 ** (view.getUint8(at) - 128),
    set: (view, at, value) => {
        const exponent = Math.round(Math.log2(value)) + 128; // NaN, and so 0, for what is not positive
        view.setUint8(at, Math.min(Math.max(exponent, 0), 254));
    },
};

/** Values of UE4M3 by their bits, up to a constant factor; 127, which would be NaN, is 0 in ggml. */
const ue4m3Values = Array.from({ length: 127 }, (_, bits) => {
    const [exponent, fraction] = [bits >> 3, bits & 7];
    return exponent === 0 ? fraction * 2 ** -9 : (1 + fraction / 8) * 2 ** (exponent - 7);
});
const ue4m3: ScaleAccess = {
    coarse: true,
    get: (view, at) => ue4m3Values[view.getUint8(at)] ?? 0,
    set: (view, at, value) => {
        // The values rise with their bits.
        const above = ue4m3Values.findIndex((found) => found >= value);
        view.setUint8(at, above < 0 ? ue4m3Values.length - 1 : above);
    },
};

export const scaleFormats: Readonly<Record<ScaleFormat, ScaleAccess>> = {
    f32: {
        get: (view, at) => view.getFloat32(at, true),
        set: (view, at, value) => view.setFloat32(at, value, true),
    },
    f16: {
        get: (view, at) => getFloat16(view, at, true),
        set: (view, at, value) => setFloat16(view, at, value, true),
    },
    bf16,
    iq1_m: iq1m,
    e8m0,
    ue4m3,
};

const scratch = new DataView(new ArrayBuffer(4));

function float32Of(bits: number): number {
    scratch.setInt32(0, bits);
    return scratch.getFloat32(0);
}

function bitsOf(value: number): number {
    scratch.setFloat32(0, value);
    return scratch.getUint32(0);
}

function wordOf(bits: number): DataView {
    const view = new DataView(new ArrayBuffer(2));
    view.setUint16(0, bits, true);
    return view;
}
