import fc from 'fast-check';

// The same cases in every run, so that a failure is of the change at hand; FC_SEED explores others.
fc.configureGlobal({ seed: Number(process.env.FC_SEED ?? 20_251_123) });
