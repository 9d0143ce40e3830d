import { basename } from 'node:path';
import type { Engine } from '../engine/Engine.js';
import type { ModelSource } from './Activations.js';

/** The model of an engine, as results name it. */
export function modelSource({ info, path, fingerprint }: Engine): ModelSource {
    const { name, architecture, description } = info;
    return {
        name: name === '' ? basename(path) : name,
        architecture,
        quantization: description.split(' ').slice(2).join(' '), // after architecture and size
        fingerprint,
    };
}
