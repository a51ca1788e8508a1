// Property tests draw the same examples in every run of one version, so that a failure can be repeated and a green run stays
// green; FC_SEED draws others (`FC_SEED=random` draws anew each time).
import fc from 'fast-check';

const wanted = process.env['FC_SEED'] ?? '20261121';
if (wanted !== 'random') fc.configureGlobal({ seed: Number(wanted) });
