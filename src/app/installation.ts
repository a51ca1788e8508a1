// Where the files beside the code are: the code itself runs from src/ of a checkout or, bundled, from dist/ or dist/chunks/.
import { dirname, join } from 'node:path';

const here = import.meta.dirname;
const isCheckout = here.endsWith(join('src', 'app'));
const dist = isCheckout ? join(here, '..', '..', 'dist') : here.endsWith('chunks') ? dirname(here) : here;

/** A file or folder that the build made. */
export const builtFile = (name: string): string => join(dist, name);

/** The data files from which the catalog is compiled; undefined in a bundle, which brings it compiled. */
export const dataDir = isCheckout ? join(here, '..', '..', 'data') : undefined;
