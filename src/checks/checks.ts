import type { Check } from './Check.js';
import { answersCheck } from './answersCheck.js';
import { chanceCheck } from './chanceCheck.js';
import { nullsCheck } from './nullsCheck.js';
import { scriptCheck } from './scriptCheck.js';
import { settingsCheck } from './settingsCheck.js';

/** All checks, in the order in which they are run and shown. docs/contributing/finding.md says how to add one. */
export const checks: readonly Check[] = [chanceCheck, settingsCheck, nullsCheck, scriptCheck, answersCheck];
