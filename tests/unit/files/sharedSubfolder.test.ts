import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { writeFileAtomic } from '../../../src/files/fileAccess.js';
import { leaveShared, writeShared } from '../../../src/files/sharedSubfolder.js';
import { temporaryFolder } from '../../helpers/temporaryFolder.js';

const folder = temporaryFolder();
const write = (path: string): Promise<void> => writeFileAtomic(path, 'a part');

it('a folder that another process left empty is made anew for the next file', async () => {
    const path = join(folder, 'parts', 'one.json');
    await writeShared(path, write);
    rmSync(path);
    await leaveShared(dirname(path));
    expect(existsSync(dirname(path))).toBe(false);
    await writeShared(path, write);
    await leaveShared(dirname(path));
    expect(readdirSync(dirname(path))).toEqual(['one.json']);
});

it('and when it goes again before the file is in it', async () => {
    const path = join(folder, 'often', 'one.json');
    let gone = 0;
    await writeShared(path, async (target) => {
        if (gone++ < 3) rmSync(dirname(target), { recursive: true, force: true });
        await write(target);
    });
    expect(readdirSync(dirname(path))).toEqual(['one.json']);
});

it('what cannot be made is said in one line', async () => {
    writeFileSync(join(folder, 'file'), '');
    await expect(writeShared(join(folder, 'file', 'one.json'), write)).rejects.toMatchObject({ code: 'UNWRITABLE' });
    mkdirSync(join(folder, 'run'));
    symlinkSync(join(folder, 'nowhere'), join(folder, 'run', 'parts'));
    await expect(writeShared(join(folder, 'run', 'parts', 'one.json'), write)).rejects.toMatchObject({
        code: 'UNWRITABLE',
    });
    expect(existsSync(join(folder, 'nowhere'))).toBe(false);
});
