// node scripts/complete-lockfile.mjs, after an npm install that changed package-lock.json.
// A registry mirror may lack node-llama-cpp's binaries for other platforms; npm install then leaves
// them out of the lock file, and npm ci refuses it. This puts them back, with the platform of their
// latest version there is and without integrity, which npm fills in where it can fetch them.

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

const path = 'package-lock.json';
const lock = JSON.parse(readFileSync(path, 'utf8'));
const list = (value) => (value === undefined ? undefined : [value].flat());

for (const [name, version] of Object.entries(lock.packages['node_modules/node-llama-cpp'].optionalDependencies)) {
    const key = `node_modules/${name}`;
    if (lock.packages[key] !== undefined) continue;
    const { os, cpu, libc, license, engines } = JSON.parse(
        execFileSync('npm', ['view', name, 'os', 'cpu', 'libc', 'license', 'engines', '--json'], {
            encoding: 'utf8',
            stdio: ['ignore', 'pipe', 'ignore'],
        }),
    );
    lock.packages[key] = { version, cpu: list(cpu), libc: list(libc), license, optional: true, os: list(os), engines };
    console.log(`added ${name}@${version}`);
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
