import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, onTestFinished } from 'vitest';

function removedBy(ending: (remove: () => void) => void): string {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'language-neurons-')));
    ending(() => rmSync(folder, { recursive: true, force: true }));
    return folder;
}

/** A folder for all tests of the file, or of the `describe`, that asks for it; removed after them. */
export const temporaryFolder = (): string => removedBy(afterAll);

/** A folder for the test that asks for it; removed after it. */
export const folderOfTest = (): string => removedBy(onTestFinished);
