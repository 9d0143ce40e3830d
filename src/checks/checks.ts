import { answersCheck } from './answersCheck.js';
import { chanceCheck } from './chanceCheck.js';
import type { Check } from './Check.js';
import { controlsCheck } from './controlsCheck.js';
import { heldOutCheck } from './heldOutCheck.js';
import { importanceCheck } from './importanceCheck.js';
import { ladderCheck } from './ladderCheck.js';
import { nullsCheck } from './nullsCheck.js';
import { otherModelCheck } from './otherModelCheck.js';
import { powerCheck } from './powerCheck.js';
import { scriptCheck } from './scriptCheck.js';
import { settingsCheck } from './settingsCheck.js';
import { tokensCheck } from './tokensCheck.js';

/** All checks, in the order in which they are run and shown. docs/contributing/finding.md says how to add one. */
export const checks: readonly Check[] = [
    chanceCheck,
    settingsCheck,
    tokensCheck,
    nullsCheck,
    scriptCheck,
    heldOutCheck,
    controlsCheck,
    ladderCheck,
    importanceCheck,
    otherModelCheck,
    answersCheck,
    powerCheck,
];
