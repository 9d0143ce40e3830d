import { homedir } from 'node:os';
import { join } from 'node:path';

/** A path whose leading `~` stands for the home folder, where no shell has expanded it (`--out=~/x`, YAML). */
export function expandHome(path: string): string {
    return /^~(?=$|[/\\])/.test(path) ? join(homedir(), path.slice(1)) : path;
}
