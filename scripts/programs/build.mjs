// node scripts/programs/build.mjs NAME...: builds llama.cpp's own programs of these names where they are not there yet.
import { reportFailure } from '../build/build.mjs';
import { program } from './program.mjs';

try {
    for (const name of process.argv.slice(2)) console.log(program(name));
} catch (error) {
    reportFailure(error);
}
