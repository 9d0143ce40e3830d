import type { Engine } from '../engine/Engine.js';
import { wrongUse } from '../errors.js';
import type { EngineFactory } from './Check.js';

/** Models that are opened when they are first asked for, and closed together. */
export interface OpenedOnce extends Disposable {
    readonly open: EngineFactory;
}

/**
 * @param factory undefined: no model is given
 * @param accept checks the model that is given, and throws where it is not the analysed one
 */
export function openedOnce(factory: EngineFactory | undefined, accept: (engine: Engine) => void): OpenedOnce {
    const opened = new Map<string, Engine>();
    const open: EngineFactory = async (options = {}) => {
        const key = JSON.stringify(options);
        const had = opened.get(key);
        if (had !== undefined) return had;
        if (factory === undefined) throw wrongUse('no model is given; give `model`');
        const engine = await factory(options);
        opened.set(key, engine);
        if (options.model === undefined && options.loras === undefined) accept(engine);
        return engine;
    };
    return { open, [Symbol.dispose]: () => opened.forEach((engine) => engine.close()) };
}
