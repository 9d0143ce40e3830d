import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';

/**
 * sha256, hexadecimal, of a GGUF's header (all before the tensor data) and file size, and of the
 * same of every LoRA adapter with its scale: two models that differ get different counts.
 */
export async function modelFingerprint(
    path: string, headerBytes: number, loras: readonly { readonly path: string; readonly scale: number }[],
): Promise<string> {
    const hash = createHash('sha256');
    await addHeader(hash, path, headerBytes);
    for (const lora of loras) {
        hash.update(`lora ${lora.scale}`);
        await addHeader(hash, lora.path, loraHeaderBytes);
    }
    return hash.digest('hex');
}

/** A LoRA file's header names its tensors within this. */
const loraHeaderBytes = 65_536;
const chunkBytes = 1 << 20;

async function addHeader(hash: ReturnType<typeof createHash>, path: string, bytes: number): Promise<void> {
    const file = await open(path, 'r');
    try {
        const { size } = await file.stat();
        hash.update(`size ${size}`);
        const end = Math.min(bytes, size);
        const chunk = Buffer.alloc(chunkBytes);
        for (let offset = 0; offset < end; ) {
            const { bytesRead } = await file.read(chunk, 0, Math.min(chunkBytes, end - offset), offset);
            if (bytesRead === 0) break;
            hash.update(chunk.subarray(0, bytesRead));
            offset += bytesRead;
        }
    } finally {
        await file.close();
    }
}
