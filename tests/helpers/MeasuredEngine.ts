import { Engine } from '../../src/engine/Engine.js';
import { measuredEngines } from './measured.mjs';

export type { MeasuredOptions } from './measured.mjs';
export type MeasuredEngine = import('./measured.mjs').MeasuredEngine;
export const MeasuredEngine = measuredEngines(Engine);
